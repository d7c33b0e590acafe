// The checks that read every batch: checksum, records, bounds, and the segment's chain of hashes.

extension ReadTransaction {
  /// Checks a segment as it is now: it may have grown, or gone, since it was listed.
  func verifyPayloads(
    of baseOffset: Offset, of name: String, _ report: inout VerificationReport
  ) throws {
    let topic = try topic(name)
    if baseOffset < topic.startOffset { return }
    guard let segment = try segments(of: topic).first(where: { $0.baseOffset == baseOffset }) else {
      report.faults.append("topic \(name), segment \(baseOffset): has vanished")
      return
    }
    let place = "topic \(name), segment \(baseOffset)"
    let statement = try batches(of: segment, topic, BatchRow.columns)
    defer { statement.reset() }
    let decompressor = ZstandardDecompressor()
    var hash: [UInt8] = []
    var byteCount: Int64 = 0
    while try statement.step() {
      let row = BatchRow(statement)
      let payload = statement.bytes(7)
      byteCount += Int64(payload.count)
      hash = row.chain(after: hash, payload)
      report.batchCount += 1
      report.recordCount &+= row.recordCount
      report.byteCount += Int64(payload.count)
      do {
        let batch = try row.open(
          checksum: statement.integer(6), payload: payload, topic: name, decompressor)
        if let fault = try batch.fault() { report.faults.append("\(place): \(fault)") }
      } catch let error as StoreError { report.faults.append(error.message) }
    }
    if hash != segment.contentHash || byteCount != segment.byteCount {
      report.faults.append("\(place): its content hash is not what was written")
    }
  }
}

extension RecordBatch {
  /// What is wrong with a batch that decodes.
  fileprivate func fault() throws -> String? {
    var earliest = Int64.max
    var latest = Int64.min
    var headersDecode = true
    try forEach { record in
      earliest = min(earliest, record.eventTime)
      latest = max(latest, record.eventTime)
      if let bytes = record.headerBytes, HeaderCoding.decode(bytes) == nil { headersDecode = false }
    }
    if earliest...latest != eventTimes {
      return "the batch at \(baseOffset) does not hold the event times that its row says"
    }
    return headersDecode ? nil : "the batch at \(baseOffset) has headers that do not decode"
  }
}
