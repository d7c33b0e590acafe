// What the store remembers of a file that was ingested: which rows, and how to know them again.
//
// Kept as a source position: source `file/` + the hash of the first row, partition the n-th file
// that begins with that row, position the number of rows from the beginning that are all in the
// log. A file without a row has only `line/` + the hash of its unfinished line. Digests of 256 rows at a time are blocks of the group `ingest`.

import LogStore

/// How far one file has been ingested.
struct FileProgress: Equatable {
  /// Rows a block of digests holds: 1 KiB, written once it is full.
  static let digestBlockRows = 256

  /// All rows below are in the log.
  var contiguousCount = 0
  /// Rows at or above `contiguousCount` that are in the log too, ascending: the rows of a file are
  /// appended in event-time order, which is not always the file's.
  var extras: [Int] = []
  /// The chain's value after the last row that is in the log.
  var chain: UInt64 = 0
  /// Digests of the rows since the last full block, up to that row.
  var tailDigests: [UInt32] = []
  /// The chain's value after the unfinished last line that is in quarantine; 0: none.
  var unfinishedHash: UInt64 = 0

  /// Rows whose digests are known: one more than the last row in the log.
  var knownCount: Int { extras.last.map { $0 + 1 } ?? contiguousCount }

  /// Rows whose digests fill whole blocks, which are in the store apart from this.
  var fullBlocksRowCount: Int { knownCount / Self.digestBlockRows * Self.digestBlockRows }

  func contains(_ row: Int) -> Bool { row < contiguousCount || extras.contains(row) }

  mutating func insert(_ row: Int) {
    guard row == contiguousCount else {
      let place = extras.firstIndex { $0 > row } ?? extras.count
      extras.insert(row, at: place)
      return
    }
    contiguousCount += 1
    var taken = 0
    while taken < extras.count, extras[taken] == contiguousCount {
      taken += 1
      contiguousCount += 1
    }
    if taken > 0 { extras.removeFirst(taken) }
  }

  // MARK: As bytes

  /// Little-endian: chain, unfinished hash, then counts and values of extras (as distances from
  /// `contiguousCount`) and tail digests, 32 bits each.
  func detail() -> [UInt8] {
    var bytes: [UInt8] = []
    func append<T: FixedWidthInteger>(_ value: T) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(chain)
    append(unfinishedHash)
    append(UInt32(extras.count))
    for row in extras { append(UInt32(row - contiguousCount)) }
    append(UInt32(tailDigests.count))
    for digest in tailDigests { append(digest) }
    return bytes
  }

  init() {}

  /// nil when the bytes are not such a detail.
  init?(position: Int64, detail: [UInt8]) {
    var offset = 0
    func take<T: FixedWidthInteger>(_ type: T.Type) -> T? {
      guard offset + MemoryLayout<T>.size <= detail.count else { return nil }
      defer { offset += MemoryLayout<T>.size }
      return detail.withUnsafeBytes {
        T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
      }
    }
    func list() -> [UInt32]? {
      guard let count = take(UInt32.self), Int(count) <= detail.count / 4 else { return nil }
      var values: [UInt32] = []
      for _ in 0..<count {
        guard let value = take(UInt32.self) else { return nil }
        values.append(value)
      }
      return values
    }
    contiguousCount = Int(position)
    guard let chain = take(UInt64.self), let unfinished = take(UInt64.self),
      let distances = list(), let digests = list(), offset == detail.count
    else { return nil }
    self.chain = chain
    unfinishedHash = unfinished
    extras = distances.map { contiguousCount + Int($0) }
    tailDigests = digests
    guard tailDigests.count == knownCount % Self.digestBlockRows else { return nil }
  }
}

/// A file's place in the store.
struct FileIdentity: Hashable, Sendable {
  /// The chain's value after the first row.
  let head: UInt64
  var partition: Int64

  var source: String { "file/\(Self.hexadecimal(head))" }
  /// The key of its digest blocks.
  var key: [UInt8] { Array("\(source)/\(partition)".utf8) }

  static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
