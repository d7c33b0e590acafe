// A file read by several decoders, each from the newline where the one before stopped.

import Observations
import TestSupport
import Testing

@Suite struct ContinuedDecoderTests {
  /// Wherever the decoder stands between two rows, another one can take over.
  @Test(arguments: SeededGenerator.seeds(150))
  func anotherDecoderTakesOverBetweenRows(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = CSVRandomTests.file(&random)
    let whole = decodedWhole(bytes, by: Self.makeDecoder)
    var handOverCount = 0
    var kept = 0
    // At every newline alone, then at many.
    for place in bytes.indices where bytes[place] == 0x0A {
      let (rows, count) = Self.decoded(bytes, newlines: [place])
      #expect(rows == whole)
      handOverCount += count
      kept += 1 - count
    }
    let newlines = bytes.indices.filter { bytes[$0] == 0x0A && !random.oneIn(3) }
    #expect(Self.decoded(bytes, newlines: newlines).rows == whole)
    #expect(handOverCount > 0, "\(kept) newlines, seed \(seed)")
  }

  @Test func aNewlineInQuotesIsNotBetweenRows() {
    let text = "STATION,DATE,TMP,NAME\n1,2022-06-24T08:00:00,\"+0123,1\",\"a\nb\"\n"
    let bytes = Array(text.utf8)
    let places = bytes.indices.filter { bytes[$0] == 0x0A }
    #expect(places.map { Self.decoded(bytes, newlines: [$0]).count } == [1, 0, 1])
  }

  @Test func aDecoderWithoutItsHeaderIsNotContinued() {
    var decoder = FileDecoder(fileName: "a.csv")
    #expect(decoder.isBetweenRows && decoder.continued() == nil)
    func add(_ text: String) throws {
      try Array(text.utf8).withUnsafeBytes { try decoder.decode($0) { _ in } }
    }
    #expect(throws: Never.self) { try add("STATION,DATE,TMP\r") }
    #expect(!decoder.isBetweenRows && decoder.continued() == nil)
    #expect(throws: Never.self) { try add("\n") }
    #expect(decoder.isBetweenRows && decoder.continued() != nil && decoder.lineCount == 1)
  }

  @Test func linesOfFixedWidthAreContinuedAtEveryNewline() {
    let row = ISDLiteText().text + "\n"
    let bytes = Array((row + "\n" + row + "9999 nonsense\n" + row + row.dropLast(3)).utf8)
    let whole = decodedWhole(bytes, by: Self.makeDecoder)
    #expect(whole.count == 5)
    for place in bytes.indices where bytes[place] == 0x0A {
      let (rows, count) = Self.decoded(bytes, newlines: [place])
      #expect(rows == whole && count == 1)
    }
  }

  @Test func rowsOfGHCNhAreContinuedAtEveryNewlineAfterTheHeader() {
    let row = GHCNhText().yearly + "\n"
    let bytes = Array((GHCNhText.yearlyHeader + "\n" + row + row + "9|nonsense\n" + row).utf8)
    let whole = decodedWhole(bytes, by: Self.makeDecoder)
    #expect(whole.count == 4)
    for place in bytes.indices where bytes[place] == 0x0A {
      let (rows, count) = Self.decoded(bytes, newlines: [place])
      #expect(rows == whole && count == 1)
    }
  }

  private static func makeDecoder() -> any ObservationDecoder {
    FileDecoder(fileName: "725755-24101-2014")
  }

  /// Hands over to another decoder after those of the newlines that end a row.
  /// - Returns: also how many do.
  private static func decoded(_ bytes: [UInt8], newlines: [Int]) -> (rows: [String], count: Int) {
    var decoder = FileDecoder(fileName: "725755-24101-2014")
    var rows: [String] = []
    var linesBefore = 0
    var count = 0
    var start = 0
    func onRow(_ row: DecodedRow) { rows.append(decodedText(row, linesBefore: linesBefore)) }
    do {
      for newline in newlines {
        try bytes[start...newline].withUnsafeBytes { try decoder.decode($0, onRow) }
        start = newline + 1
        if decoder.isBetweenRows, let other = decoder.continued() {
          linesBefore += decoder.lineCount
          decoder = other
          count += 1
        }
      }
      try bytes[start...].withUnsafeBytes { try decoder.decode($0, onRow) }
      try decoder.finish(onRow)
    } catch {
      rows.append("failure: \(error)")
    }
    return (rows, count)
  }
}
