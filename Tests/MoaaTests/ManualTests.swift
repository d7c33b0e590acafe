// The manual pages, as `man` shows them.

import Glibc
import Testing

@Suite struct ManualTests {
  let folder = TemporaryFolder()
  private static let hasMan = access("/usr/bin/man", X_OK) == 0

  private func names() throws -> [String] {
    try moaa("man", "--list").lines.map(String.init)
  }

  @Test func everyCommandHasAPageAndIsNamedOnTheProgramsOwn() throws {
    let own = try moaa("man").output
    for (command, _) in optionsOfCommands {
      let name = "moaa-" + command.replacing(" ", with: "-")
      #expect(try names().contains(name))
      #expect(own.contains("\\fB\(name.replacing("-", with: "\\-"))\\fR(1)"))
      let words = command.split(separator: " ").map(String.init)
      let page = try MoaaProcess(["man"] + words).finish()
      #expect(page.status == 0)
      #expect(page.output == (try moaa("man", name).output))
    }
  }

  @Test(.enabled(if: hasMan, "man-db is not installed"))
  func manShowsEveryPageWithAllOptionsAndWithoutAWarning() throws {
    for name in try names() {
      try folder.write(try moaa("man", name).output, to: name + ".1")
    }
    let outcome = try MoaaProcess(
      ["--warnings", "-E", "UTF-8", "-l"] + names().map { folder / "\($0).1" }, in: folder.path,
      environment: ["MANWIDTH": "80", "PAGER": "cat", "MANPAGER": "cat"], program: "/usr/bin/man"
    ).finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    for (command, options) in optionsOfCommands {
      let name = "moaa-" + command.replacing(" ", with: "-")
      let page = try #require(
        outcome.output.firstRange(of: "\n       \(name) - ").map {
          outcome.output[$0.upperBound...].prefix { $0 != "\u{0}" }
        })
      for option in options { #expect(page.contains("--\(option)"), "\(name)") }
    }
    // Pasted into a shell, a dash is a dash and a quote a quote.
    #expect(outcome.output.contains("eval \"$(moaa completions bash)\""))
    #expect(outcome.output.contains("--by day"))
    #expect(outcome.output.contains("°C"))
  }

  @Test func aPageThatIsNotThereIsRefused() throws {
    let outcome = try moaa("man", "log", "nothing")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("there is no page 'log nothing'"))
  }
}
