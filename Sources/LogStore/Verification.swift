// `verify`: reads what the store holds and says everything that is not as it was written.
//
// It has a connection of its own, so that other reads through the handle go on. The rows are checked
// in one view; payloads, which take long, in a view a segment, so that the WAL stays short.

/// What a verification looked at, and what it found wrong.
public struct VerificationReport: Sendable {
  public var topicCount = 0
  public var segmentCount = 0
  public var batchCount = 0
  public var recordCount: Int64 = 0
  /// Stored bytes that were read.
  public var byteCount: Int64 = 0
  /// One sentence each, with topic and offset; empty when everything is as it was written.
  public var faults: [String] = []
}

extension LogStore {
  /// Checks offsets and bounds of topics, segments, batches and groups; `deep` also reads every
  /// batch: its checksum, its records, its bounds and its segment's hash, and asks SQLite about its
  /// pages. Others may read and write the store meanwhile.
  /// - Parameter progress: called after every segment.
  /// - Throws: when the store cannot be read at all; damage is reported, not thrown.
  public func verify(deep: Bool, progress: (VerificationReport) -> Void = { _ in }) throws
    -> VerificationReport
  {
    try read { _ in }  // A closed handle throws.
    let connection = try StoreOpening.openReader(file.path)
    defer { connection.close() }
    var report = VerificationReport()
    if deep {
      report.check("SQLite") { report in
        for fault in try connection.faults("PRAGMA integrity_check(20)") where fault != "ok" {
          report.faults.append("SQLite: \(fault)")
        }
        for table in try connection.faults("PRAGMA foreign_key_check") {
          report.faults.append("SQLite: a row of \(table) belongs to nothing")
        }
      }
    }
    var topics: [(topic: Topic, segments: [Segment])] = []
    report.check("the store") { report in
      topics = try ReadTransaction.run(connection) { view in
        try view.verifyGroups(&report)
        return try view.topics().map { ($0, try view.verifyRows(of: $0, deep: deep, &report)) }
      }
    }
    report.topicCount = topics.count
    for (topic, segments) in topics {
      for segment in segments {
        report.segmentCount += 1
        if deep {
          report.check(segment.place(in: topic)) { report in
            try ReadTransaction.run(connection) {
              try $0.verifyPayloads(of: segment.baseOffset, of: topic.name, &report)
            }
          }
        }
        progress(report)
      }
    }
    return report
  }
}

extension VerificationReport {
  /// Turns what `body` cannot read into a fault, so that the rest is looked at too.
  fileprivate mutating func check(
    _ place: String, _ body: (inout VerificationReport) throws -> Void
  ) {
    do { try body(&self) } catch { faults.append("\(place): \(error)") }
  }
}

extension SQLiteConnection {
  fileprivate func faults(_ pragma: String) throws -> [String] {
    let statement = try statement(pragma)
    defer { statement.reset() }
    var texts: [String] = []
    while try statement.step() { texts.append(statement.text(0)) }
    return texts
  }
}

extension Segment {
  fileprivate func place(in topic: Topic) -> String {
    "topic \(topic.name), segment \(baseOffset)"
  }
}
