// A store that lies where nothing can be written: on a read-only medium, or in another user's folder.

import Glibc
import Testing

@Suite struct ReadOnlyFolderTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "away 100%?#/test.store" }

  /// Runs the program as a user who may write nothing; root may, whatever the rights say.
  private static func run(_ words: [String]) throws -> Outcome {
    guard geteuid() == 0 else { return try MoaaProcess(words).finish() }
    return try MoaaProcess(
      ["--reuid", "65534", "--clear-groups", moaaPath] + words, program: "/usr/bin/setpriv"
    ).finish()
  }

  /// Whether such a user can start the program at all.
  private static let isPossible = (try? run(["--version"]).status) == 0

  /// A copy of a store in a folder without rights to write, with the rows of its hours.
  private func prepare() throws -> String {
    let noaa = try folder.sample(stations: 2, days: 2)
    let source = folder / "source.store"
    #expect(try moaa("run", noaa, "--store", source, "--format", "csv").status == 0)
    #expect(try moaa("backfill", noaa, "--store", source).status == 0)
    let copy = "mkdir \"$1\" && cp \"$0\" \"$1/test.store\" && chmod -R a-w,a+rX \"$1\""
    let words = ["-c", copy, source, folder / "away 100%?#"]
    #expect(try MoaaProcess(words, program: "/bin/sh").finish().status == 0)
    return try moaa("hours", "--format", "csv", "--store", source).output
  }

  @Test(.enabled(if: isPossible)) func itIsReadAndNothingIsLeftBesideIt() throws {
    let expected = try prepare()
    let hours = try Self.run(["hours", "--format", "csv", "--store", store])
    #expect(hours.status == 0, "\(hours.errors)")
    #expect(hours.output == expected)
    for words in [
      ["log", "verify", "--deep"], ["doctor"], ["log", "topics"], ["replay"],
      ["table", "station-hour"],
      ["hours", "--results", "backfill"],
    ] {
      let outcome = try Self.run(words + ["--store", store])
      #expect(outcome.status == 0, "\(words): \(outcome.errors)")
    }
    #expect(TemporaryFolder.names(in: folder / "away 100%?#") == ["test.store"])
  }

  /// What stands in a WAL would be missing from what is read.
  @Test(.enabled(if: isPossible)) func withAWALItIsRefused() throws {
    _ = try prepare()
    let words = ["-c", "chmod u+w \"$0\" && echo more > \"$0/test.store-wal\" && chmod a-w \"$0\""]
    #expect(
      try MoaaProcess(words + [folder / "away 100%?#"], program: "/bin/sh").finish().status == 0)
    let hours = try Self.run(["hours", "--store", store])
    #expect(hours.status == 4)
    #expect(hours.errors.contains("cannot open the store"))
  }
}
