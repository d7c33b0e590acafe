// Random logs, and a store and an output to run an aggregator with.

@testable import Aggregation
import Observations
import TestSupport

/// A random rule and a random log for it.
struct HourlyStream {
  let rule: AggregationRule
  let changedWindowsMax: Int
  var events: [HourlyEvent] = []

  init(seed: UInt64, eventCount: Int = 300) {
    var random = SeededGenerator(seed: seed)
    rule = AggregationRule(
      quality: random.oneIn(2) ? .passed : .all, outputMode: random.oneIn(2) ? .changed : .complete,
      delaySeconds: [0, 1, 1800, 7200].randomElement(using: &random) ?? 0,
      allowedLatenessSeconds: random.oneIn(2)
        ? nil : [0, 1800, 3600, 100_000, Int64.max].randomElement(using: &random))
    changedWindowsMax = random.oneIn(2) ? 65_536 : Int.random(in: 3...20, using: &random)
    // Around 1901, 1970 and today, so that hours and days before 1970 are there.
    let starts: [Int64] = [-2_177_431_200, -90_000, 1_656_057_600]
    var now = starts.randomElement(using: &random) ?? 0
    for _ in 0..<eventCount {
      now += Int64.random(in: 0...(random.oneIn(10) ? 20_000 : 1500), using: &random)
      events.append(Self.event(now, &random))
    }
  }

  private static func event(_ now: Int64, _ random: inout SeededGenerator) -> HourlyEvent {
    if random.oneIn(25) {
      let idle = now - Int64.random(in: -4000...4000, using: &random)
      return .control(
        [
          .flush, .trigger, .idle(seconds: idle),
          .idle(seconds: now + Int64.random(in: 86_395...86_405, using: &random)),
        ].randomElement(using: &random) ?? .flush, appended: now)
    }
    if random.oneIn(40) { return .garbage(appended: now) }
    var seconds = now - Int64.random(in: 0...1200, using: &random)
    switch Int.random(in: 0..<20, using: &random) {
    case 0...1: seconds -= Int64.random(in: 0...200_000, using: &random)
    case 2: seconds -= seconds - (seconds / 3600 * 3600)
    case 3: seconds = now + Int64.random(in: 86_395...86_405, using: &random)
    case 4: seconds = now + Int64.random(in: 0...4000, using: &random)
    case 5: seconds += 400_000_000
    default: break
    }
    let stations = [
      "1", "10", "2", "72530094846", "a \"b\"", "ü", "0123456789abcdefg", "0123456789abcdef",
    ]
    return .observation(
      station: stations.randomElement(using: &random) ?? "1", seconds: seconds,
      tenths: random.oneIn(12) ? 9999 : Int.random(in: -932...618, using: &random),
      code: "012345679ACIMPRU".randomElement(using: &random) ?? "1",
      report: ["FM-12", "FM-15", "FM-12", "SOD  ", "SOM"].randomElement(using: &random) ?? "",
      appended: now)
  }

  /// The record's value; nil for a control record.
  static func value(_ event: HourlyEvent) -> [UInt8]? {
    switch event {
    case .control: return nil
    case .garbage: return Array("{\"STATION\":".utf8)
    case .observation(let station, let seconds, let tenths, let code, let report, _):
      let digits = String(tenths.magnitude)
      let temperature =
        (tenths < 0 ? "-" : "+") + String(repeating: "0", count: 4 - digits.count) + digits
      let date = Timestamp(secondsSinceEpoch: seconds).description.dropLast()
      return Array(
        (#"{"STATION":"\#(station.replacing("\"", with: "\\\""))","DATE":"\#(date)","#
          + #""REPORT_TYPE":"\#(report)","TMP":"\#(temperature),\#(code)"}"#).utf8)
    }
  }

  static func appended(_ event: HourlyEvent) -> Int64 {
    switch event {
    case .control(_, let appended), .garbage(let appended),
      .observation(_, _, _, _, _, let appended):
      appended
    }
  }
}

/// Day blocks as bytes, as a store keeps them.
final class StoredBlocks: WindowStateSource {
  var blocks: [[UInt8]: [Int64: (bytes: [UInt8], isPending: Bool)]] = [:]

  func dayBlock(key: [UInt8], day: Int64) -> [UInt8]? { blocks[key]?[day]?.bytes }
  func days(key: [UInt8]) -> [Int64] { blocks[key]?.keys.sorted() ?? [] }

  func save(_ changed: ChangedDayBlock) {
    blocks[changed.key, default: [:]][changed.day] =
      (changed.block.encoded(), changed.block.isPending)
  }

  var pending: [(key: [UInt8], day: Int64)] {
    blocks.flatMap { key, days in
      days.filter { $0.value.isPending }.map { (key: key, day: $0.key) }
    }
  }
}

/// Everything an aggregator said.
struct Emissions: AggregationOutput {
  var lines: [String] = []
  var rejections: [String] = []
  var bytes: [UInt8] = []

  mutating func emit(_ result: WindowResult) {
    let figures = result.accumulator
    lines.append(
      "\(String(decoding: result.key, as: UTF8.self))@\(result.hour) \(figures.count) "
        + "\(figures.sumTenths) \(figures.minTenths) \(figures.maxTenths) r\(result.revision)"
        + (result.isFinal ? " final" : ""))
    result.appendRecordKey(to: &bytes)
    result.appendValue(to: &bytes)
    bytes.append(10)
  }

  mutating func reject(offset: Int64, reason: RejectionReason, value: UnsafeRawBufferPointer) {
    rejections.append("\(offset) \(reason.rawValue)")
    bytes += Array("\(offset) \(reason.rawValue) ".utf8) + Array(value) + [10]
  }
}

extension HourlyAggregator {
  func apply(_ event: HourlyEvent, offset: Int64, to output: inout Emissions) throws {
    if case .control(let control, let appended) = event {
      return try apply(control, appendSeconds: appended, to: &output)
    }
    guard let value = HourlyStream.value(event) else { return }
    try value.withUnsafeBytes {
      try apply(
        offset: offset, appendSeconds: HourlyStream.appended(event), value: $0, to: &output)
    }
  }
}
