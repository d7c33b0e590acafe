// Files whose names are odd: they are read, or refused with what to do about it.

import Testing

@Suite struct FileNameTests {
  let folder = TemporaryFolder()
  private static let why =
    "the name is not UTF-8 and cannot be written in messages or kept: rename it"

  @Test(arguments: ["backfill", "ingest"])
  func oneThatIsNotUTF8IsRefusedWithWhatToDo(_ command: String) throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    try shell(
      """
      f=$(ls noaa); bad=$(printf 'x\\377')
      mkdir noaa/$bad; cp noaa/$f noaa/$bad/inside.csv; cp noaa/$f noaa/$bad.csv
      cp noaa/$f noaa/$bad.txt
      """, in: folder.path)
    let store = folder / "test.store"
    let outcome = try moaa(command, noaa, "--store", store)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("moaa: \(noaa)/x\u{FFFD}: \(Self.why)"))
    #expect(outcome.errors.contains("moaa: \(noaa)/x\u{FFFD}.csv: \(Self.why)"))
    #expect(!outcome.errors.contains("x\u{FFFD}.txt"))
    // On the command line too.
    try shell(
      "! \(moaaPath) \(command) noaa/$(printf 'x\\377').csv --store \(store) 2>errors",
      in: folder.path)
    #expect(folder.text("errors").contains("moaa: noaa/x\u{FFFD}.csv: \(Self.why)"))
  }
}
