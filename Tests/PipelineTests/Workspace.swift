// A folder of input files and a store, for the time of one test.

import Aggregation
import Foundation
import LogStore
import Pipeline

/// Makes files, ingests and aggregates them, and says what the store holds. Removed with the value.
final class Workspace: @unchecked Sendable {
  // Sendable by hand: the store is, and the folder does not change.
  let folder: URL
  let store: LogStore

  init(clock: WallClock = .system, store name: String = "test.store") throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "moaa-pipeline-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("input"), withIntermediateDirectories: true)
    store = try LogStore.open(
      folder.appendingPathComponent(name).path,
      StoreOptions(durability: .relaxed, clock: clock))
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(at: folder)
  }

  var input: String { folder.appendingPathComponent("input").path }

  /// Writes a file below the input folder and gives its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = folder.appendingPathComponent("input").appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  @discardableResult
  func ingest(_ paths: [String]? = nil, recordsPerCommit: Int = 1000) throws -> IngestSummary {
    try Ingest(store: store, options: IngestOptions(recordsPerCommit: recordsPerCommit))
      .run(paths ?? [input])
  }

  /// Runs an ingest that is asked to stop once it has made so many commits.
  /// - Returns: whether it stopped before its end.
  func ingest(stoppingAfter commits: Int, recordsPerCommit: Int) throws -> Bool {
    let end = appendedCount() + Int64(commits * recordsPerCommit)
    var options = IngestOptions(recordsPerCommit: recordsPerCommit)
    options.shouldStop = { self.appendedCount() >= end }
    return try Ingest(store: store, options: options).run([input]).wasInterrupted
  }

  /// Records that were ever appended by ingest, to whichever topic.
  private func appendedCount() -> Int64 {
    let counts = try? store.read { view in
      try [TopicName.raw, TopicName.quarantine].map {
        try view.findTopic($0)?.nextOffset.rawValue ?? 0
      }
    }
    return counts?.reduce(0, +) ?? 0
  }

  @discardableResult
  func aggregate(
    _ rule: AggregationRule = AggregationRule(), recordsPerCommit: Int = 1000
  ) throws -> AggregationSummary {
    try AggregationJob(
      store: store, rule: rule, options: AggregationJobOptions(recordsPerCommit: recordsPerCommit)
    ).run()
  }

  func records(_ topic: String) throws -> [KeptRecord] {
    let start = try store.read { try $0.topic(topic).startOffset }
    let cursor = RecordCursor(try store.reader(of: topic, from: start))
    var records: [KeptRecord] = []
    while let record = try cursor.next() { records.append(record) }
    return records
  }

  /// Offset, kind, event time, key and value of every record, without the append times.
  func lines(_ topic: String) throws -> [String] {
    try records(topic).map { record in
      let key = String(decoding: record.key ?? [], as: UTF8.self)
      let value = String(decoding: record.value ?? [], as: UTF8.self)
      return "\(record.offset) \(record.kind) \(record.eventTime) \(key) \(value)"
    }
  }

  /// The raw topic's data records as `station date TMP`, in order.
  func rawRows() throws -> [String] {
    try records(TopicName.raw).filter { $0.kind == .data }.map { record in
      let object =
        try JSONSerialization.jsonObject(with: Data(record.value ?? [])) as? [String: String] ?? [:]
      return "\(object["STATION"] ?? "") \(object["DATE"] ?? "") \(object["TMP"] ?? "")"
    }
  }

  func hash() throws -> String { try store.read { try ResultHash.compute($0) } }

  func hoursCSV(byStation: Bool = false) throws -> String {
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

/// Counts calls from any thread.
final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  func next() -> Int {
    lock.withLock {
      count += 1
      return count
    }
  }
}

/// Rows of global-hourly CSV.
enum CSV {
  static let header = "\"STATION\",\"DATE\",\"SOURCE\",\"REPORT_TYPE\",\"NAME\",\"TMP\"\n"

  static func row(
    _ station: String, _ date: String, _ temperature: String, type: String = "FM-15"
  ) -> String {
    "\"\(station)\",\"\(date)\",\"4\",\"\(type)\",\"A, B\",\"\(temperature)\"\n"
  }

  /// A file of `count` rows, a quarter of an hour apart, in 2022-06.
  static func file(
    _ station: String, count: Int, firstMinute: Int = 0, tenths: (Int) -> Int = { $0 % 400 }
  ) -> String {
    header
      + (0..<count).map { row(station, date(minute: firstMinute + 15 * $0), text(tenths($0))) }
      .joined()
  }

  /// Minutes since 2022-06-01T00:00.
  static func date(minute: Int) -> String {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "2022-06-\(two(1 + minute / 1440))T\(two(minute / 60 % 24)):\(two(minute % 60)):00"
  }

  static func text(_ tenths: Int, code: String = "1") -> String {
    let digits = String(tenths.magnitude)
    return (tenths < 0 ? "-" : "+") + String(repeating: "0", count: 4 - digits.count) + digits
      + ",\(code)"
  }
}

/// The bytes as gzip(1) compresses them.
func gzip(_ bytes: [UInt8], in folder: URL) throws -> [UInt8] {
  let path = folder.appendingPathComponent("plain-\(UUID().uuidString)")
  try Data(bytes).write(to: path)
  defer { try? FileManager.default.removeItem(at: path) }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
  process.arguments = ["-c", path.path]
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return Array(output)
}
