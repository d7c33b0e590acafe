// Corrects one fault of the broker that tests run on.

/// noida-db 0.2.3 tells who reads committed records of every aborted transaction that a partition ever
/// had, also of those that ended before the records it sends. A client takes records behind the
/// beginning of a transaction for aborted until it meets the marker that ends it: where that lies before
/// what is sent, it drops everything of that producer that follows, committed or not. Kafka tells only of those
/// whose marker is still to come.
///
/// The broker sends all that a partition has in one answer, so that the markers which are to come are
/// in it: of each producer as many transactions are kept, the last ones, as there are markers of
/// aborts. Source: Kafka's protocol guide, Fetch, and its "Message Format".

enum AbortedTransactions {
  /// - Parameter frame: an answer to Fetch, with its length before it.
  /// - Returns: the frame as Kafka would have sent it; as it was, where it is of another form.
  static func corrected(_ frame: [UInt8], version: Int16) -> [UInt8] {

    guard (4...11).contains(version) else { return frame }
    var reader = Reader(frame)
    do {
      try correct(&reader, version)
    } catch {
      return frame
    }
    var corrected = reader.output
    let count = UInt32(corrected.count - 4)
    for index in 0..<4 { corrected[index] = UInt8(truncatingIfNeeded: count >> (24 - 8 * index)) }
    return corrected
  }

  private struct OtherForm: Error {}

  /// Reads integers, and copies what it has passed.
  private struct Reader {
    let frame: [UInt8]
    var position = 0
    var output: [UInt8] = []

    init(_ frame: [UInt8]) { self.frame = frame }

    func integer(_ byteCount: Int, at start: Int) throws -> Int64 {
      guard start >= 0, start + byteCount <= frame.count else { throw OtherForm() }
      let value = frame[start..<(start + byteCount)].reduce(0) { $0 << 8 | UInt64($1) }
      let shift = UInt64(64 - 8 * byteCount)
      return Int64(bitPattern: value << shift) >> Int64(shift)
    }

    mutating func copy(_ byteCount: Int) throws {
      guard byteCount >= 0, position + byteCount <= frame.count else { throw OtherForm() }
      output += frame[position..<(position + byteCount)]
      position += byteCount
    }

    /// Copies an integer.
    mutating func take(_ byteCount: Int) throws -> Int {
      let value = try integer(byteCount, at: position)
      try copy(byteCount)
      return Int(value)
    }
  }

  private static func correct(_ reader: inout Reader, _ version: Int16) throws {
    // Length, correlation id, throttle time; error and session id.
    try reader.copy(version >= 7 ? 18 : 12)
    for _ in 0..<(try reader.take(4)) {
      try reader.copy(try reader.take(2))
      for _ in 0..<(try reader.take(4)) { try correctPartition(&reader, version) }
    }
    try reader.copy(reader.frame.count - reader.position)
  }

  private static func correctPartition(_ reader: inout Reader, _ version: Int16) throws {
    // Partition, error, high watermark, last stable offset; log start offset.
    try reader.copy(version >= 5 ? 30 : 22)
    let abortedCount = Int(try reader.integer(4, at: reader.position))
    let abortedStart = reader.position + 4
    guard abortedCount > 0 else {
      try reader.copy(version >= 11 ? 8 : 4)
      return try reader.copy(max(0, try reader.take(4)))
    }
    var transactions: [(producer: Int64, offset: Int64)] = []
    for index in 0..<abortedCount {
      let start = abortedStart + 16 * index
      transactions.append(
        (try reader.integer(8, at: start), try reader.integer(8, at: start + 8)))
    }
    let rest = abortedStart + 16 * abortedCount
    let records = rest + (version >= 11 ? 4 : 0)
    let byteCount = Int(try reader.integer(4, at: records))
    let markers = try abortMarkers(reader, records + 4, max(0, byteCount))
    let kept = transactions.sorted { $0.offset < $1.offset }.enumerated().filter { index, one in
      let later = transactions.count { $0.producer == one.producer && $0.offset > one.offset }
      return later < markers[one.producer] ?? 0
    }.map(\.element)
    append(Int64(kept.count), 4, to: &reader.output)
    for one in kept {
      append(one.producer, 8, to: &reader.output)
      append(one.offset, 8, to: &reader.output)
    }
    reader.position = rest
    if version >= 11 { try reader.copy(4) }
    try reader.copy(max(0, try reader.take(4)))
  }

  /// How many markers of aborts each producer has among record batches.
  private static func abortMarkers(
    _ reader: Reader, _ start: Int, _ byteCount: Int
  ) throws -> [Int64: Int] {
    var markers: [Int64: Int] = [:]
    var position = start
    // A batch: base offset, length, leader's epoch, magic, CRC, attributes, last offset delta, two times,
    // producer id, epoch, sequence, count: 61 bytes, then its records.
    while position + 61 <= start + byteCount {
      let length = Int(try reader.integer(4, at: position + 8))
      guard length >= 49 else { throw OtherForm() }
      let isControl = try reader.integer(2, at: position + 21) & 0x20 != 0
      // A record: length, attributes, time and offset deltas, the key's length, each one byte here, and a
      // key of a version and a type, which is 0 for an abort.
      if isControl, position + 61 + 9 <= reader.frame.count {
        let type = try reader.integer(2, at: position + 61 + 7)
        if type == 0 {
          markers[try reader.integer(8, at: position + 43), default: 0] += 1
        }
      }
      position += 12 + length
    }
    return markers
  }

  private static func append(_ value: Int64, _ byteCount: Int, to bytes: inout [UInt8]) {
    for index in (0..<byteCount).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> Int64(8 * index)))
    }
  }
}
