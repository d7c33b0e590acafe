// Random files of the fixed-width formats, right and wrong: nothing crashes, no cut changes a row, and
// what is accepted can be read back.

import TestSupport
import Testing

@testable import Observations

@Suite struct FixedWidthRandomTests {
  private static let isd = ISDText().text
  private static let isdLite = ISDLiteText().text

  @Test(arguments: SeededGenerator.seeds(300))
  func noCutChangesARow(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let isLite = random.oneIn(2)
    let bytes = Self.file(isLite ? Self.isdLite : Self.isd, &random)
    let make: DecoderMaker = {
      isLite
        ? FixedWidthDecoder(ISDLiteRowReader(station: "72575524101"))
        : FixedWidthDecoder(ISDRecordReader())
    }
    let whole = decodedWhole(bytes, by: make)
    #expect(decodedByteByByte(bytes, by: make) == whole)
    #expect(Self.decodedInPieces(bytes, &random, by: make) == whole)
  }

  @Test(arguments: SeededGenerator.seeds(300))
  func noCutChangesWhatAFileIsTakenFor(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let csv = "STATION,DATE,TMP\n1,2022-06-24T08:00:00,\"+0123,1\"\n"
    let text = [Self.isd, Self.isdLite, csv].randomElement(using: &random) ?? csv
    let bytes = Self.file(text, &random)
    let make: DecoderMaker = { FileDecoder(fileName: "725755-24101-2014") }
    let whole = decodedWhole(bytes, by: make)
    #expect(decodedByteByByte(bytes, by: make) == whole)
    #expect(Self.decodedInPieces(bytes, &random, by: make) == whole)
  }

  @Test func anyByteAnywhereIsJudgedWithoutACrashAndTheNextRowIsRead() throws {
    for (text, isLite) in [(Self.isd, false), (Self.isdLite, true)] {
      let good = Array((text + "\n").utf8)
      for place in 0..<(good.count - 1) {
        for byte in UInt8.min...UInt8.max where byte != 10 {
          var bytes = good
          bytes[place] = byte
          var decoder: any ObservationDecoder =
            isLite
            ? FixedWidthDecoder(ISDLiteRowReader(station: "72575524101"))
            : FixedWidthDecoder(ISDRecordReader())
          var accepted = 0
          func onRow(_ row: DecodedRow) {
            guard case .observation(let observation) = row.content else { return }
            accepted += 1
            Self.checkRoundTrip(observation)
          }
          try (bytes + good).withUnsafeBytes { try decoder.decode($0, onRow) }
          try decoder.finish(onRow)
          if accepted < 1 { Issue.record("\(byte) at \(place): the next row is lost") }
        }
      }
    }
  }

  /// What the encoder makes of a row is JSON that the aggregation reads as the same.
  private static func checkRoundTrip(_ observation: ObservationRow) {
    var json: [UInt8] = []
    RawObservationEncoder.append(observation, to: &json)
    json.withUnsafeBytes { value in
      RawObservation.read(value) { result in
        guard case .success(let parts) = result, parts.time == observation.time,
          parts.temperature == observation.temperature,
          parts.station.elementsEqual(observation.station)
        else {
          Issue.record("\(String(decoding: value, as: UTF8.self)) reads as \(result)")
          return
        }
      }
    }
  }

  private static func decodedInPieces(
    _ bytes: [UInt8], _ random: inout SeededGenerator, by make: DecoderMaker
  ) -> [String] {
    var pieces: [Int] = []
    var total = 0
    while total < bytes.count {
      pieces.append(Int.random(in: 0...200, using: &random))
      total += pieces.last ?? 0
    }
    return decoded(bytes, pieces: pieces, by: make)
  }

  /// Lines like the given one, in which a few bytes went wrong.
  private static func file(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      bytes += Array(text.utf8) + Array((random.oneIn(6) ? "\r\n" : "\n").utf8)
    }
    let odd = Array("\n\r\0 ,+-0a\"\\".utf8) + [0xFF, 0xC3]
    for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = odd.randomElement(using: &random) ?? 0
      case 1: bytes.insert(odd.randomElement(using: &random) ?? 0, at: place)
      case 2: bytes.remove(at: place)
      default: bytes.removeSubrange(place..<min(bytes.count, place + 90))
      }
    }
    return bytes
  }
}
