// The service of the Debian package, as far as it can be looked at without installing it;
// tools/package --check starts it.

import Foundation
import Testing

@Suite struct ServiceTests {
  let folder = TemporaryFolder()
  private static let hasSystemd = FileManager.default.isExecutableFile(
    atPath: "/usr/bin/systemd-analyze")

  private func packaging(_ name: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    return try String(contentsOfFile: "\(root)/packaging/\(name)", encoding: .utf8)
  }

  private func setting(_ name: String, _ text: String) throws -> [String] {
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + "=") })
    return line.dropFirst(name.count + 1).split(separator: " ").map(String.init)
  }

  @Test func theServicesCommandLineRunsTheWholePipeline() throws {
    let words = try setting("ExecStart", packaging("systemd/moaa.service"))
    #expect(words.first == "/usr/bin/moaa")
    #expect(words.last == "$MOAA_OPTIONS")
    let options = words.dropFirst().dropLast().map {
      $0.replacing("/run/moaa", with: folder.path)
    }
    let sample = try folder.sample(stations: 2, days: 1)
    let outcome = try MoaaProcess(
      options + [sample, "--speed", "max", "--until-fed"], in: folder.path,
      environment: ["MOAA_STORE": folder / "moaa.store"]
    ).finish()
    // The sample has rows that are refused.
    #expect([0, 1].contains(outcome.status), "\(outcome.errors)")
    let hours = try moaa("hours", "--store", folder / "moaa.store", "--format", "csv")
    #expect(hours.lines.count > 24)
  }

  @Test func theSettingsFileChangesNothingUntilItIsEdited() throws {
    let lines = try packaging("moaa.conf").split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines == ["MOAA_OPTIONS=\"\""])
  }

  @Test(.enabled(if: hasSystemd, "systemd-analyze is not installed"))
  func systemdKnowsEverySettingAndFindsTheServiceConfined() throws {
    // The program and its page are not installed here.
    let unit = try packaging("systemd/moaa.service")
      .replacing("/usr/bin/moaa", with: moaaPath).replacing("Documentation=man:", with: "# ")
    let path = try folder.write(unit, to: "moaa.service")
    let systemd = "/usr/bin/systemd-analyze"
    let verified = try MoaaProcess(["verify", "--man=no", path], program: systemd).finish()
    #expect(verified.status == 0, "\(verified.errors)")
    #expect(!verified.errors.contains("moaa.service"), "\(verified.errors)")
    // Exposure of 10 is nothing confined; a service of Debian without settings has 9.6.
    let exposure = try MoaaProcess(
      ["security", "--offline=true", "--threshold=15", path], program: systemd
    ).finish()
    #expect(exposure.status == 0, "\(exposure.output)")
  }
}
