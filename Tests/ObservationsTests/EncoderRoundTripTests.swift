// What the encoder writes is JSON that Foundation reads, and that the raw topic's reader reads.

import Foundation
import Observations
import TestSupport
import Testing

@Suite struct EncoderRoundTripTests {
  private static let columns = ObservationColumn.allCases

  /// The JSON of one row with these texts.
  private func encoded(_ fields: [[UInt8]]) throws -> [UInt8] {
    func quoted(_ field: [UInt8]) -> [UInt8] {
      [0x22] + field.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
    }
    let header = Self.columns.map(\.name).joined(separator: ",")
    // Blanks after the row, so that the fast path may take it.
    let bytes =
      Array(header.utf8) + [10] + fields.map(quoted).joined(separator: [0x2C]) + [10]
      + [UInt8](repeating: 0x20, count: 64)
    var decoder = GlobalHourlyDecoder()
    var json: [UInt8] = []
    func onRow(_ row: DecodedRow) {
      if case .observation(let observation) = row.content {
        RawObservationEncoder.append(observation, to: &json)
      }
    }
    try bytes.withUnsafeBytes { try decoder.decode($0, onRow) }
    try decoder.finish(onRow)
    return json
  }

  @Test(arguments: SeededGenerator.seeds(200))
  func foundationReadsTheSameTexts(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let fields = Self.columns.map { Self.field($0, &random) }
    let json = try encoded(fields)
    let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: String]
    var expected: [String: String] = [:]
    for (column, field) in zip(Self.columns, fields) {
      if column.rawValue > ObservationColumn.temperature.rawValue, field.isEmpty { continue }
      // Not UTF-8: every byte is a Latin-1 character.
      expected[column.name] =
        String(validating: field, as: UTF8.self)
        ?? String(String.UnicodeScalarView(field.map { Unicode.Scalar($0) }))
    }
    #expect(object == expected)
  }

  @Test(arguments: SeededGenerator.seeds(50))
  func theReaderReadsTheSameParts(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let fields = Self.columns.map { Self.field($0, &random) }
    let json = try encoded(fields)
    json.withUnsafeBytes { value in
      RawObservation.read(value) { result in
        guard case .success(let parts) = result else {
          Issue.record("\(result)")
          return
        }
        #expect(parts.station.elementsEqual(fields[ObservationColumn.station.rawValue]))
        #expect(parts.time.description == "2022-06-24T08:00:00Z")
        #expect(parts.temperature.tenths == -5)
      }
    }
  }

  @Test func everyByteSurvives() throws {
    // One field per byte value but newline and quote, which the CSV tests have.
    for byte in UInt8(1)...255 {
      var fields = Self.columns.map { column -> [UInt8] in
        var random = SeededGenerator(seed: 1)
        return Self.fixed(column) ?? Self.field(column, &random)
      }
      fields[ObservationColumn.name.rawValue] = [0x61, byte, 0x62]
      let json = try encoded(fields)
      let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: String]
      #expect(object?["NAME"] == "a" + String(Character(Unicode.Scalar(byte))) + "b")
      #expect(json.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    }
  }

  private static func fixed(_ column: ObservationColumn) -> [UInt8]? {
    switch column {
    case .date: Array("2022-06-24T08:00:00".utf8)
    case .temperature: Array("-0005,1".utf8)
    default: nil
    }
  }

  private static func field(
    _ column: ObservationColumn, _ random: inout SeededGenerator
  ) -> [UInt8] {
    if let fixed = fixed(column) { return fixed }
    if column == .station { return Array("station \(Int.random(in: 0...9, using: &random))é".utf8) }
    let count = Int.random(in: 0...40, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
    case 1: return Array(String(repeating: "ü\"\\\u{1}", count: count / 4).utf8)
    default: return (0..<count).map { _ in UInt8.random(in: 0x23...0x5B, using: &random) }
    }
  }
}
