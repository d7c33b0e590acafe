// The checks that need no payload: offsets, counts, bounds and append times.

extension ReadTransaction {
  func verifyGroups(_ report: inout VerificationReport) throws {
    for checkpoint in try checkpoints() {
      let topic = try topic(checkpoint.topic)
      if checkpoint.nextOffset < topic.startOffset || checkpoint.nextOffset > topic.nextOffset {
        report.faults.append(
          "group \(checkpoint.group) stands at \(checkpoint.nextOffset), outside \(topic.name)'s "
            + "\(topic.startOffset) to \(topic.nextOffset)")
      }
    }
  }

  /// - Parameter deep: batches and records are then counted where their payloads are read.
  /// - Returns: the topic's segments.
  func verifyRows(
    of topic: Topic, deep: Bool, _ report: inout VerificationReport
  ) throws -> [Segment] {
    let segments = try segments(of: topic)
    var expected = topic.startOffset
    var appendTime = Int64.min
    var batchCount: Int64 = 0
    for segment in segments {
      let place = "topic \(topic.name), segment \(segment.baseOffset)"
      if segment.baseOffset != expected {
        report.faults.append("\(place): begins where \(expected) was due")
      }
      if segment.isSealed == (segment.baseOffset == segments.last?.baseOffset) {
        report.faults.append(
          "\(place): \(segment.isSealed ? "sealed, but the last" : "not sealed, but not the last")")
      }
      let found = try verifyRows(of: segment, of: topic, place, &report)
      if segment.oldestAppendTime < appendTime {
        report.faults.append("\(place): appended before the segment in front of it")
      }
      appendTime = segment.newestAppendTime
      batchCount += found.batchCount
      expected = segment.nextOffset
      if !deep {
        report.batchCount += Int(found.batchCount)
        report.recordCount += found.recordCount
      }
    }
    if expected != topic.nextOffset {
      report.faults.append(
        "topic \(topic.name): its high watermark is \(topic.nextOffset), its segments end at "
          + "\(expected)")
    }
    // Rows outside every segment would never be read, nor removed.
    let total = try count("SELECT count(*) FROM batch WHERE topic_id = ?", topic)
    if total != batchCount {
      report.faults.append(
        "topic \(topic.name): holds \(total) batches, its segments \(batchCount)")
    }
    return segments
  }

  private func verifyRows(
    of segment: Segment, of topic: Topic, _ place: String, _ report: inout VerificationReport
  ) throws -> (batchCount: Int64, recordCount: Int64) {
    let statement = try batches(of: segment, topic, "base_offset, record_count, append_time")
    defer { statement.reset() }
    var expected = segment.baseOffset.rawValue
    var batchCount: Int64 = 0
    var recordCount: Int64 = 0
    var appendTimes: [Int64] = []
    while try statement.step() {
      let (base, records) = (statement.integer(0), statement.integer(1))
      if base != expected {
        report.faults.append("\(place): a batch at \(base) where \(expected) was due")
      }
      // Wrapping, because a damaged row may say anything.
      expected = base &+ records
      recordCount &+= records
      batchCount += 1
      let appendTime = statement.integer(2)
      if let last = appendTimes.last, appendTime < last {
        report.faults.append("\(place): the batch at \(base) was appended before its predecessor")
      }
      appendTimes = [appendTimes.first ?? appendTime, appendTime]
    }
    if expected != segment.nextOffset.rawValue || batchCount != segment.batchCount {
      report.faults.append(
        "\(place): holds \(batchCount) batches up to \(expected), was \(segment.batchCount) up to "
          + "\(segment.nextOffset)")
    }
    if let first = appendTimes.first, let last = appendTimes.last,
      first != segment.oldestAppendTime || last != segment.newestAppendTime
    {
      report.faults.append("\(place): its append times are not those of its batches")
    }
    return (batchCount, recordCount)
  }

  /// The batches of a segment, in order.
  func batches(of segment: Segment, _ topic: Topic, _ columns: String) throws -> SQLiteStatement {
    let statement = try connection.statement(
      """
      SELECT \(columns) FROM batch WHERE topic_id = ? AND base_offset >= ?
        AND base_offset < ? ORDER BY base_offset
      """)
    return statement.bind(topic.id, at: 1).bind(segment.baseOffset.rawValue, at: 2)
      .bind(segment.nextOffset.rawValue, at: 3)
  }

  private func count(_ sql: String, _ topic: Topic) throws -> Int64 {
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    return try statement.bind(topic.id, at: 1).step() ? statement.integer(0) : 0
  }
}
