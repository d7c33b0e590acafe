// A record batch as the `batch` table holds it, and the two checks that cover it: the CRC of the
// row, and the segment's chain of hashes.

struct BatchRow {
  let baseOffset: Int64
  let recordCount: Int64
  let appendTime: Int64
  let earliestEventTime: Int64
  let latestEventTime: Int64
  let rawByteCount: Int64

  static let columns = """
    base_offset, record_count, append_time, earliest_event_time, latest_event_time,
    raw_byte_count, crc32c, payload
    """

  init(
    baseOffset: Int64, recordCount: Int64, appendTime: Int64, eventTimes: ClosedRange<Int64>,
    rawByteCount: Int64
  ) {
    self.baseOffset = baseOffset
    self.recordCount = recordCount
    self.appendTime = appendTime
    earliestEventTime = eventTimes.lowerBound
    latestEventTime = eventTimes.upperBound
    self.rawByteCount = rawByteCount
  }

  /// From a row that selects `columns`.
  init(_ row: SQLiteStatement) {
    baseOffset = row.integer(0)
    recordCount = row.integer(1)
    appendTime = row.integer(2)
    earliestEventTime = row.integer(3)
    latestEventTime = row.integer(4)
    rawByteCount = row.integer(5)
  }

  /// The integers of the row, little-endian: what CRC and hash cover besides the payload.
  private var header: [UInt8] {
    var bytes: [UInt8] = []
    for value in [
      baseOffset, recordCount, appendTime, earliestEventTime, latestEventTime, rawByteCount,
    ] {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  func checksum(_ payload: UnsafeRawBufferPointer) -> Int64 {
    var crc = CRC32C()
    header.withUnsafeBytes { crc.update($0) }
    crc.update(payload)
    return Int64(crc.value)
  }

  func chain(after previous: [UInt8], _ payload: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = ContentHash()
    hash.update(previous)
    hash.update(header)
    hash.update(payload)
    return hash.finish()
  }

  /// Checks a stored row and decompresses it.
  func open(
    checksum stored: Int64, payload: UnsafeRawBufferPointer, topic: String,
    _ decompressor: ZstandardDecompressor
  ) throws(StoreError) -> RecordBatch {
    func damaged(_ what: String) -> StoreError {
      StoreError(
        .damaged, "topic \(topic), offset \(baseOffset): \(what)",
        remedy: "Run `moaa log verify --deep` to see the extent")
    }
    guard checksum(payload) == stored else { throw damaged("the batch's checksum is wrong") }
    guard recordCount > 0, rawByteCount > 0, rawByteCount <= Int64(Limits.batchBytesMax),
      earliestEventTime <= latestEventTime
    else { throw damaged("the batch's header is impossible") }
    guard let bytes = decompressor.decompress(payload, size: Int(rawByteCount)) else {
      throw damaged("the batch does not decompress")
    }
    return RecordBatch(
      baseOffset: Offset(baseOffset), recordCount: Int(recordCount), appendTime: appendTime,
      eventTimes: earliestEventTime...latestEventTime, bytes: bytes)
  }
}
