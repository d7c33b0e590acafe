// `verify`: reads what the store holds and says everything that is not as it was written.

/// What a verification looked at, and what it found wrong.
public struct VerificationReport: Sendable {
  public var topicCount = 0
  public var segmentCount = 0
  public var batchCount = 0
  public var recordCount: Int64 = 0
  /// Stored bytes that were read.
  public var byteCount: Int64 = 0
  /// One sentence each, with topic and offset.
  public var faults: [String] = []
}

extension LogStore {
  /// Checks offsets and bounds of topics, segments and groups; `deep` also reads every batch: its
  /// checksum, its records, its bounds and its segment's hash, and asks SQLite about its pages.
  public func verify(deep: Bool, progress: (VerificationReport) -> Void = { _ in }) throws
    -> VerificationReport
  {
    var report = VerificationReport()
    try read { view in
      if deep {
        let statement = try view.connection.statement("PRAGMA integrity_check(20)")
        defer { statement.reset() }
        do {
          while try statement.step() {
            if statement.text(0) != "ok" { report.faults.append("SQLite: \(statement.text(0))") }
          }
        } catch let error as StoreError { report.faults.append("SQLite: \(error.message)") }
      }
      for topic in try view.topics() {
        report.topicCount += 1
        try view.verify(topic, deep: deep, &report, progress)
      }
      for checkpoint in try view.checkpoints() {
        let topic = try view.topic(checkpoint.topic)
        if checkpoint.nextOffset < topic.startOffset || checkpoint.nextOffset > topic.nextOffset {
          report.faults.append(
            "group \(checkpoint.group) stands at \(checkpoint.nextOffset), outside \(topic.name)'s "
              + "\(topic.startOffset) to \(topic.nextOffset)")
        }
      }
    }
    return report
  }
}

extension ReadTransaction {
  fileprivate func verify(
    _ topic: Topic, deep: Bool, _ report: inout VerificationReport,
    _ progress: (VerificationReport) -> Void
  ) throws {
    var expected = topic.startOffset
    let segments = try segments(of: topic)
    for segment in segments {
      report.segmentCount += 1
      let place = "topic \(topic.name), segment \(segment.baseOffset)"
      if segment.baseOffset != expected {
        report.faults.append("\(place): begins where \(expected) was due")
      }
      if !segment.isSealed, segment.baseOffset != segments.last?.baseOffset {
        report.faults.append("\(place): not sealed, but not the last")
      }
      try verify(segment, of: topic, deep: deep, place, &report)
      expected = segment.nextOffset
      progress(report)
    }
    if expected != topic.nextOffset {
      report.faults.append(
        "topic \(topic.name): its high watermark is \(topic.nextOffset), its segments end at \(expected)"
      )
    }
  }

  private func verify(
    _ segment: Segment, of topic: Topic, deep: Bool, _ place: String,
    _ report: inout VerificationReport
  ) throws {
    let statement = try connection.statement(
      """
      SELECT \(BatchRow.columns) FROM batch WHERE topic_id = ? AND base_offset >= ?
        AND base_offset < ? ORDER BY base_offset
      """)
    defer { statement.reset() }
    statement.bind(topic.id, at: 1).bind(segment.baseOffset.rawValue, at: 2)
      .bind(segment.nextOffset.rawValue, at: 3)
    let decompressor = ZstandardDecompressor()
    var expected = segment.baseOffset.rawValue
    var hash: [UInt8] = []
    var batchCount: Int64 = 0
    var byteCount: Int64 = 0
    do {
      while try statement.step() {
        let row = BatchRow(statement)
        if row.baseOffset != expected {
          report.faults.append("\(place): a batch at \(row.baseOffset) where \(expected) was due")
        }
        expected = row.baseOffset + row.recordCount
        batchCount += 1
        report.batchCount += 1
        report.recordCount += row.recordCount
        guard deep else { continue }
        let payload = statement.bytes(7)
        byteCount += Int64(payload.count)
        report.byteCount += Int64(payload.count)
        hash = row.chain(after: hash, payload)
        do {
          let batch = try row.open(
            checksum: statement.integer(6), payload: payload, topic: topic.name, decompressor)
          if let fault = try boundsFault(of: batch) { report.faults.append("\(place): \(fault)") }
        } catch let error as StoreError { report.faults.append(error.message) }
      }
    } catch let error as StoreError { report.faults.append("\(place): \(error.message)") }
    if expected != segment.nextOffset.rawValue || batchCount != segment.batchCount {
      report.faults.append(
        "\(place): holds \(batchCount) batches up to \(expected), was \(segment.batchCount) up to "
          + "\(segment.nextOffset)")
    }
    if deep, hash != segment.contentHash || byteCount != segment.byteCount {
      report.faults.append("\(place): its content hash is not what was written")
    }
  }

  private func boundsFault(of batch: RecordBatch) throws -> String? {
    var earliest = Int64.max
    var latest = Int64.min
    try batch.forEach { record in
      earliest = min(earliest, record.eventTime)
      latest = max(latest, record.eventTime)
    }
    return earliest...latest == batch.eventTimes
      ? nil : "the batch at \(batch.baseOffset) does not hold the event times that its row says"
  }
}
