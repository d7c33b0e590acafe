// Random files of GHCNh, against a model that reads them with Foundation's decimals; and damaged ones.

import Foundation
import TestSupport
import Testing

@testable import Observations

@Suite struct GHCNhRandomTests {
  @Test(arguments: SeededGenerator.seeds(200))
  func rowsAreWhatAModelMakesOfThem(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let isYearly = random.oneIn(2)
    var text = (isYearly ? GHCNhText.yearlyHeader : GHCNhText.recordHeader) + "\n"
    var expected: [String] = []
    for line in 2...Int.random(in: 2...20, using: &random) {
      var row = GHCNhText()
      let parts = (
        Int.random(in: 1901...2026, using: &random), Int.random(in: 1...12, using: &random),
        Int.random(in: 1...28, using: &random), Int.random(in: 0...23, using: &random),
        Int.random(in: 0...59, using: &random)
      )
      row.date = String(
        format: "%04d-%02d-%02dT%02d:%02d:00", parts.0, parts.1, parts.2, parts.3, parts.4)
      row.temperature = Self.number(-99...70, &random)
      row.quality = ["1", "5", "0", "2", "", "L", "C"].randomElement(using: &random) ?? ""
      row.source = ["343", "335", "220", "413"].randomElement(using: &random) ?? ""
      let bytes =
        isYearly
        ? row.yearly
        : row.record("\(parts.0)", "\(parts.1)", "\(parts.2)", "\(parts.3)", "\(parts.4)")
      text += bytes + "\n"
      let outcome = Self.model(row)
      expected.append(
        outcome.hasPrefix("{") ? "\(line): \(outcome)" : "\(line)! \(outcome) \(bytes.prefix(40))")
    }
    let make: DecoderMaker = { FileDecoder(fileName: "x.psv") }
    let bytes = Array(text.utf8)
    #expect(decodedWhole(bytes, by: make) == expected)
    #expect(decodedByteByByte(bytes, by: make) == expected)
  }

  @Test(arguments: SeededGenerator.seeds(200))
  func noCutChangesARowOfADamagedFile(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = Array((GHCNhText.yearlyHeader + "\n").utf8)
    let headerCount = bytes.count
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      bytes += Array((GHCNhText().yearly + (random.oneIn(6) ? "\r\n" : "\n")).utf8)
    }
    let odd = Array("\n\r\0 ,|+-0a\"\\".utf8) + [0xFF, 0xC3]
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      let first = random.oneIn(10) ? 0 : headerCount
      let place = Int.random(in: first..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = odd.randomElement(using: &random) ?? 0
      case 1: bytes.insert(odd.randomElement(using: &random) ?? 0, at: place)
      case 2: bytes.remove(at: place)
      default: bytes.removeSubrange(place..<min(bytes.count, place + 90))
      }
    }
    let make: DecoderMaker = { FileDecoder(fileName: "x.psv") }
    let whole = decodedWhole(bytes, by: make)
    #expect(decodedByteByByte(bytes, by: make) == whole)
    var pieces: [Int] = []
    while pieces.reduce(0, +) < bytes.count {
      pieces.append(Int.random(in: 0...900, using: &random))
    }
    #expect(decoded(bytes, pieces: pieces, by: make) == whole)
  }

  @Test func anyByteInAFieldThatIsReadIsJudgedWithoutACrashAndTheNextRowIsRead() throws {
    let columns = [
      "STATION", "Station_name", "DATE", "LATITUDE", "ELEVATION", "temperature",
      "temperature_Quality_Code", "temperature_Report_Type", "temperature_Source_Code",
      "dew_point_temperature", "sea_level_pressure",
    ]
    let good = Array("1|N|2026-01-01T00:00:00|1.5|2.5|-3.5|1|FM15|343|4.5|1000.5\n".utf8)
    let header = Array((columns.joined(separator: "|") + "\n").utf8)
    for place in 0..<(good.count - 1) {
      for byte in UInt8.min...UInt8.max where byte != 10 {
        var bytes = good
        bytes[place] = byte
        var decoder = GHCNhDecoder()
        var accepted = 0
        func onRow(_ row: DecodedRow) {
          guard case .observation(let observation) = row.content else { return }
          accepted += 1
          var json: [UInt8] = []
          RawObservationEncoder.append(observation, to: &json)
          json.withUnsafeBytes { value in
            RawObservation.read(value) { result in
              guard case .success(let parts) = result, parts.time == observation.time,
                parts.temperature == observation.temperature
              else {
                Issue.record("\(String(decoding: value, as: UTF8.self)) reads as \(result)")
                return
              }
            }
          }
        }
        try (header + bytes + good).withUnsafeBytes { try decoder.decode($0, onRow) }
        try decoder.finish(onRow)
        if accepted < 1 { Issue.record("\(byte) at \(place): the next row is lost") }
      }
    }
  }

  /// A number with up to three decimals, sometimes missing or no number.
  private static func number(_ whole: ClosedRange<Int>, _ random: inout SeededGenerator) -> String {
    if random.oneIn(10) { return "" }
    if random.oneIn(20) { return "x1" }
    let digits = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      "\(Int.random(in: 0...9, using: &random))"
    }
    let sign = random.oneIn(20) ? "-0" : "\(Int.random(in: whole, using: &random))"
    return sign + (digits.isEmpty ? "" : "." + digits.joined())
  }

  /// The raw record's JSON, or why the row is refused.
  private static func model(_ row: GHCNhText) -> String {
    var tenths = "+9999"
    var code = "9"
    if !row.temperature.isEmpty {
      guard row.temperature != "x1", let value = Decimal(string: row.temperature) else {
        return "bad-temperature"
      }
      var exact = value * 10
      var rounded = Decimal()
      NSDecimalRound(&rounded, &exact, 0, .bankers)
      let number = NSDecimalNumber(decimal: rounded).intValue
      guard number >= -932, number <= 618 else { return "temperature-out-of-range" }
      tenths = String(format: "%@%04d", number < 0 ? "-" : "+", abs(number))
      guard let known = codes[row.source]?[row.quality] else { return "unknown-quality-code" }
      code = known
    }
    // Those of the dew point and the pressure are 5.
    let five = codes[row.source]?["5"]
    return GHCNhText.json(
      date: row.date, source: row.source, temperature: "\(tenths),\(code)",
      dewPoint: five.map { "-0144,\($0)" } ?? "+9999,9",
      pressure: five.map { "10273,\($0)" } ?? "99999,9", rule: "\(row.source):\(row.quality)")
  }

  private static let codes: [String: [String: String]] = [
    "343": ["1": "1", "5": "5", "0": "0", "2": "2", "": "9", "L": "3", "C": "C"],
    "335": ["1": "1", "5": "5", "0": "0", "2": "2", "": "9", "L": "3", "C": "C"],
    "220": ["1": "1", "5": "3", "0": "9", "2": "2", "": "9", "L": "3", "C": "3"],
    "413": ["": "9", "L": "3", "C": "3"],
  ]
}
