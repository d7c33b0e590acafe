// Where a large file is cut, so that several threads fold it.

/// Into ranges of how many bytes plain files are cut, and which. No result depends on it.
package struct FileCuts: Sendable {
  /// A whole number of blocks: a thread hashes its own. Large enough that what a range costs besides its
  /// rows does not count, and small enough that threads end at about the same time.
  package var blocksPerRange = 16
  /// Files of fewer ranges stay whole.
  package var leastRangeCount = 3
  /// How many refused rows of a range are kept until it is joined.
  package var refusedCountMax = 1 << 12
  /// As in `ContentHasher`, whose ids depend on it.
  package var blockByteCount = ContentHasher.blockByteCount

  package init() {}

  var rangeByteCount: Int64 { Int64(blocksPerRange) * Int64(blockByteCount) }

  /// 1 for files that stay whole.
  func rangeCount(byteCount: Int64) -> Int {
    let count = (byteCount + rangeByteCount - 1) / rangeByteCount
    return count < leastRangeCount ? 1 : Int(count)
  }
}
