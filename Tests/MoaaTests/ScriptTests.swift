// The project's scripts are at least scripts: they are run by hand and by CI, not here.

import Foundation
import Testing

@Suite struct ScriptTests {
  @Test func everyShellScriptParses() throws {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    var scripts = [root + "/.ci/run"]
    for folder in ["tools", "tools/lib", "tools/lib/check-package"] {
      for name in TemporaryFolder.names(in: "\(root)/\(folder)") {
        let path = "\(root)/\(folder)/\(name)"
        let start = FileManager.default.contents(atPath: path)?.prefix(50) ?? Data()
        if name.hasSuffix(".sh")
          || String(decoding: start, as: UTF8.self).hasPrefix("#!/usr/bin/env bash")
        {
          scripts.append(path)
        }
      }
    }
    #expect(scripts.count >= 4, "\(scripts)")
    for script in scripts {
      let check = try MoaaProcess(["-n", script], program: "/bin/bash").finish()
      #expect(check.status == 0, "\(check.errors)")
    }
  }
}
