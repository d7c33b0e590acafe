// Random raw records, and the hours that a single process makes of them.

import Aggregation
import Foundation
import LogStore
import Observations

import TestSupport

@testable import Pipeline
@testable import Workers

struct RawSample {
  struct Record {
    let station: [UInt8]
    let value: [UInt8]
  }

  var records: [Record] = []

  /// Records of `stationCount` stations, mostly in order of time, with late, wrong and missing ones.
  init(seed: UInt64, count: Int, stationCount: Int) {
    var random = SeededGenerator(seed: seed)
    let stations = (0..<stationCount).map { "7\(1000 + $0)99999" }
    // Before 1970 too, where numbers of hours are negative.
    var now: Int64 = random.oneIn(2) ? 1_656_057_600 : -40_000
    for _ in 0..<count {
      now += Int64.random(in: 0...(random.oneIn(20) ? 9000 : 120), using: &random)
      var seconds = now - Int64.random(in: 0...1200, using: &random)
      if random.oneIn(30) { seconds -= Int64.random(in: 0...200_000, using: &random) }
      if random.oneIn(200) { seconds = 1_900_000_000 }
      let station = stations.randomElement(using: &random) ?? ""
      records.append(
        Record(station: Array(station.utf8), value: Self.value(station, seconds, &random)))
    }
  }

  private static func value(
    _ station: String, _ seconds: Int64, _ random: inout SeededGenerator
  ) -> [UInt8] {
    if random.oneIn(100) { return Array("{\"STATION\":".utf8) }
    let tenths = random.oneIn(20) ? 9999 : Int.random(in: -400...400, using: &random)
    let digits = String(tenths.magnitude)
    let text = (tenths < 0 ? "-" : "+") + String(repeating: "0", count: 4 - digits.count) + digits
    let date = Timestamp(secondsSinceEpoch: seconds).description.dropLast()
    let code = "0123459".randomElement(using: &random) ?? "1"
    return Array(
      #"{"STATION":"\#(station)","DATE":"\#(date)","REPORT_TYPE":"FM-15","TMP":"\#(text),\#(code)"}"#
        .utf8)
  }

  /// The hours of `moaa aggregate`, as `moaa hours --format csv` writes them.
  func hoursOfOneProcess(byStation: Bool, rule: AggregationRule = AggregationRule()) throws
    -> String
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "moaa-workers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try LogStore.open(
      folder.appendingPathComponent("one.store").path,
      StoreOptions(durability: .relaxed, clock: .fixed(milliseconds: ModelMember.timestamp)))
    defer { store.close() }
    let builder = RecordBatchBuilder()
    for record in records {
      builder.append(eventTime: 0, key: record.station, value: record.value)
    }
    if let batch = builder.take() {
      try store.write { transaction in
        try transaction.createTopic(TopicName.raw)
        try transaction.append(batch, to: TopicName.raw)
      }
    }
    _ = try AggregationJob(store: store, rule: rule).run()
    var bytes = Array((byStation ? HourText.stationHeader : HourText.header).utf8)
    let selection = HourSelection(byStation ? .everyStation : .allStationsTogether)
    try store.read { view in
      try HourlyResults.forEach(selection, in: view) {
        HourText.append($0, byStation: byStation, to: &bytes)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The newest revision of each hour in records of a results topic, as `moaa hours --format csv` writes them.
struct PublishedHours {
  private var newest: [[UInt8]: WindowResult] = [:]
  /// Emissions whose revision was not above the one before, of the same key.
  private(set) var fallenRevisions: [String] = []
  private(set) var emissionCount = 0
  /// Hours that are final.
  var finalCount: Int { newest.values.count(where: \.isFinal) }
  var count: Int { newest.count }
  var isEmpty: Bool { newest.isEmpty }

  /// Takes a record, in the order of its partition.
  mutating func take(key: [UInt8], value: [UInt8]) {
    emissionCount += 1
    guard let result = value.withUnsafeBytes({ WindowResult(value: $0) }) else {
      fallenRevisions.append("\(String(decoding: key, as: UTF8.self)) does not decode")
      return
    }
    if let known = newest[key], known.revision >= result.revision {
      fallenRevisions.append(
        "\(String(decoding: key, as: UTF8.self)): \(result.revision) after \(known.revision)")
    }
    newest[key] = result
  }

  func csv(byStation: Bool) -> String {
    var bytes = Array((byStation ? HourText.stationHeader : HourText.header).utf8)
    let sorted = newest.values.sorted {
      $0.key != $1.key ? $0.key.lexicographicallyPrecedes($1.key) : $0.hour < $1.hour
    }
    for result in sorted {
      HourText.append(
        HourResult(
          key: result.key, hour: result.hour, accumulator: result.accumulator,
          revision: result.revision, isFinal: result.isFinal), byStation: byStation, to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
