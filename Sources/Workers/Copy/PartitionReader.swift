// How what others have committed is read back.

/// Reads single partitions from an offset to their end.
protocol PartitionReader {
  /// Walks the committed records from an offset to where the partition ends when this is called; transactions
  /// that are open there are waited for.
  /// - Parameter start: nil for the oldest record.
  /// - Returns: the end: the next offset.
  /// - Throws: `OffsetGone` when the partition does not reach from `start` on.
  func read(
    _ topic: String, _ partition: Int32, from start: Int64?,
    _ body: (_ offset: Int64, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws
      -> Void
  ) throws -> Int64

  /// The oldest offset of a partition, and the next one.
  func range(of topic: String, _ partition: Int32) throws -> (start: Int64, end: Int64)
}

/// A partition has not got the offset any more, or not yet.
struct OffsetGone: Error {
  let topic: String
  let partition: Int32
  let offset: Int64
}
