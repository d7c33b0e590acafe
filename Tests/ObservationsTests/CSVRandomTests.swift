// Random CSV, well-formed and not: the two scanners agree, and no cut changes a row.

import CScan
import Observations
import Testing
import TestSupport

@Suite struct CSVRandomTests {
  @Test(arguments: SeededGenerator.seeds(150))
  func noCutChangesARow(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = Self.file(&random)
    // Whole, most rows take the fast path; byte by byte, none does.
    let whole = decodedWhole(bytes)
    #expect(decodedByteByByte(bytes) == whole)
    for _ in 0..<4 {
      var pieces: [Int] = []
      var total = 0
      while total < bytes.count {
        pieces.append(Int.random(in: 0...200, using: &random))
        total += pieces.last ?? 0
      }
      #expect(decoded(bytes, pieces: pieces) == whole)
    }
  }

  /// Every place of a row is now at the edge of a block of 64 bytes, now inside.
  @Test(arguments: Array("\",\n\r\0\\é".utf8))
  func oneWrongByteAnywhereIsJudgedAlikeByBothScanners(byte: UInt8) {
    let name = String(repeating: "long name ", count: 10)
    let tail = Array("2,2022-06-24T08:00:00,\"+0123,1\",\(name),FM-12\n".utf8)
    let rows = [
      "1,2022-06-24T08:00:00,\"+0123,1\",\(name),FM-12\n",
      "\"1\",\"2022-06-24T08:00:00\",\"+0123,1\",\"\(name)\",\"FM-12\"\r\n",
      "1,2022-06-24T08:00:00,\"+0123,1\",\"\",\"\(name)\"\n",
      "1,2022-06-24T08:00:00,\"+0123,1\",\"\(name),,,\(name)\",FM-12\n",
    ]
    for row in rows.map({ Array($0.utf8) }) {
      for place in row.indices {
        var replaced = row
        replaced[place] = byte
        var inserted = row
        inserted.insert(byte, at: place)
        // Two bytes in the wrong order: a quote in front of its comma, or within its field.
        var swapped = row
        swapped.swapAt(place, max(0, place - 1))
        for wrong in [replaced, inserted, swapped] {
          let bytes = Array("STATION,DATE,TMP,NAME,REPORT_TYPE\n".utf8) + wrong + tail
          let whole = decodedWhole(bytes)
          if decodedByteByByte(bytes) != whole {
            Issue.record("\(byte) at \(place) of \(String(decoding: row, as: UTF8.self)): \(whole)")
          }
        }
      }
    }
  }

  @Test func textAroundQuotesIsSeenAtTheEdgesOfBlocks() {
    let header = "NAME,STATION,DATE,TMP\n"
    let rest = ",1,2022-06-24T08:00:00,\"+0123,1\"\n"
    for count in 1..<140 {
      let name = String(repeating: "x", count: count)
      for wrong in ["\(name)\"y\"", "\"\(name)\"y", "\"\(name)\"\"", "\"\(name)\"\ry"] {
        let rows = decodedWhole(Array((header + wrong + rest + "\"x\"" + rest + name + rest).utf8))
        #expect(rows.first?.hasPrefix("2! malformed-quote") == true)
        #expect(rows.last?.hasPrefix("4: ") == true || wrong.contains("\r"))
      }
    }
  }

  @Test(arguments: SeededGenerator.seeds(20))
  func theMasksArePortable(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let special = Array("\",\n\r\\\0\u{7F} aé".utf8)
    for _ in 0..<200 {
      let bytes = (0..<64).map { _ in
        random.oneIn(2)
          ? UInt8.random(in: 0...255, using: &random) : special.randomElement(using: &random) ?? 0
      }
      let fast = cscan_masks_of_64(bytes)
      let plain = cscan_masks_portable(bytes)
      #expect(
        fast.quotes == plain.quotes && fast.commas == plain.commas
          && fast.newlines == plain.newlines && fast.odd == plain.odd)
      for (index, byte) in bytes.enumerated() {
        #expect((plain.quotes >> index & 1 == 1) == (byte == 0x22))
        #expect((plain.odd >> index & 1 == 1) == (byte < 0x20 || byte > 0x7E || byte == 0x5C))
      }
    }
  }

  /// By every set of instructions that the machine has.
  @Test(arguments: SeededGenerator.seeds(40))
  func everyLevelScansARowAlike(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 1...3, using: &random) { bytes += Self.row(&random) }
      if random.oneIn(3) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = Array("\",\n\r\0\\x".utf8).randomElement(using: &random) ?? 0
      }
      let lastBlock = Int64(bytes.count) - Int64(Int.random(in: 0...64, using: &random))
      bytes += [UInt8](repeating: UInt8(ascii: "x"), count: 64)
      let wanted = Int.random(in: 1...8, using: &random)
      func scan(_ level: Int32) -> [Int32] {
        var ends = [Int32](repeating: -1, count: wanted + Int(CSCAN_ENDS_SLACK))
        let row = cscan_plain_row_at_level(level, bytes, lastBlock, Int32(wanted), &ends)
        return [row.end, row.next, row.field_count]
          + ends.prefix(row.next > 0 ? min(wanted, Int(row.field_count)) : 0)
      }
      let plain = scan(0)
      for level in Int32(1)..<Int32(CSCAN_LEVEL_COUNT) where cscan_has_level(level) != 0 {
        #expect(scan(level) == plain, "level \(level)")
      }
    }
  }

  /// The decoder reads a day once for all rows that have it.
  @Test func aTimeOfADayThatIsKnownIsReadAsATimeAlone() {
    let first = "2022-06-24T08:00:00"
    let header = "STATION,DATE,TMP\n"
    for place in 10..<19 {
      for byte in UInt8(0x20)..<0x7F where byte != UInt8(ascii: ",") && byte != 0x22 {
        var date = Array(first.utf8)
        date[place] = byte
        let alone = Array(header.utf8) + Array("1,".utf8) + date + Array(",\"+0123,1\"\n".utf8)
        let after =
          Array("\(header)1,\(first),\"+0123,1\"\n1,".utf8) + date
          + Array(",\"+0123,1\"\n".utf8)
        let (one, two) = (decodedWhole(alone), decodedWhole(after))
        #expect(one.last?.dropFirst() == two.last?.dropFirst())
        #expect(
          date.withUnsafeBytes { Timestamp($0) } != nil || one.last?.contains("bad-date") == true)
      }
    }
  }

  static func file(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes = Array("STATION,DATE,TMP,NAME,REPORT_TYPE\n".utf8)
    for _ in 0..<Int.random(in: 1...30, using: &random) { bytes += row(&random) }
    // A few bytes go wrong.
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let place = Int.random(in: 34..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[place] = Array("\",\n\r\0\\x".utf8).randomElement(using: &random) ?? 0
      case 1: bytes.insert(0x22, at: place)
      default: bytes.remove(at: place)
      }
    }
    if random.oneIn(4) { bytes.removeLast(Int.random(in: 0...9, using: &random)) }
    return bytes
  }

  private static func row(_ random: inout SeededGenerator) -> [UInt8] {
    let names = [
      "", "A, B", "x \"y\" z", "\"", "a\nb", "Zürich", "a\\b", "plain text of a name", " ",
    ]
    let long = String(repeating: "long ", count: Int.random(in: 0...60, using: &random))
    var fields = [
      String(Int.random(in: 1...3, using: &random)), "2022-06-24T08:00:00", "+0123,1",
      random.oneIn(8) ? long : names.randomElement(using: &random) ?? "", "FM-12",
    ]
    if random.oneIn(20) { fields.removeLast() }
    if random.oneIn(20) { fields.append("more") }
    let isQuoted = !random.oneIn(4)
    let text = fields.map { field in
      let needsQuotes = field.contains { ",\"\n".contains($0) }
      return isQuoted || needsQuotes
        ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }
    let ending = random.oneIn(5) ? "\r\n" : random.oneIn(12) ? "\n\n" : "\n"
    return Array((text.joined(separator: ",") + ending).utf8)
  }
}
