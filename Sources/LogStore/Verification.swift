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
  /// - Parameters:
  ///   - progress: called after every segment.
  ///   - shouldStop: asked now and then, on any thread.
  /// - Throws: when the store cannot be read at all, and `interrupted`; damage is reported, not thrown.
  public func verify(
    deep: Bool, progress: (VerificationReport) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> VerificationReport {
    try read { _ in }  // A closed handle throws.
    let connection = try StoreOpening.openReader(file)
    defer { connection.close() }
    return try connection.interrupting(when: shouldStop) {
      var report = VerificationReport()
      if deep { try report.verifyPages(connection) }
      var topics: [(topic: Topic, segments: [Segment])] = []
      try report.check("the store") { report in
        topics = try ReadTransaction.run(connection) { view in
          try view.verifyGroups(&report)
          return try view.topics().map { ($0, try view.verifyRows(of: $0, deep: deep, &report)) }
        }
      }
      report.topicCount = topics.count
      for (topic, segments) in topics {
        for segment in segments {
          if shouldStop() { throw StoreError.interrupted }
          report.segmentCount += 1
          if deep {
            try report.check(segment.place(in: topic)) { report in
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
}

extension VerificationReport {
  /// Turns what `body` cannot read into a fault, so that the rest is looked at too.
  fileprivate mutating func check(
    _ place: String, _ body: (inout VerificationReport) throws -> Void
  ) throws {
    do {
      try body(&self)
    } catch let error as StoreError where error.code == .interrupted {
      throw error
    } catch { faults.append("\(place): \(error)") }
  }

  /// What SQLite says about its file.
  fileprivate mutating func verifyPages(_ connection: SQLiteConnection) throws {
    try check("SQLite") { report in
      for fault in try connection.faults("PRAGMA integrity_check(20)") where fault != "ok" {
        report.faults.append("SQLite: \(fault)")
      }
      for table in try connection.faults("PRAGMA foreign_key_check") {
        report.faults.append("SQLite: a row of \(table) belongs to nothing")
      }
    }
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
