// How far the merge of a parts partition is, as its row of the state topic says.

/// What a merge remembers besides the parts, which are in their topic.
struct MergeProgress: Hashable {
  let partitionCount: Int32
  /// As in `FoldProgress`.
  let incarnation: String
  /// The next offset of the parts partition; what lies before it has been emitted.
  var nextOffset: Int64
  /// Hours before this one, since 1970, have been emitted as final; nil: none yet. It never goes back.
  var finalBefore: Int64?

  init(partitionCount: Int32, incarnation: String, nextOffset: Int64, finalBefore: Int64?) {
    self.partitionCount = partitionCount
    self.incarnation = incarnation
    self.nextOffset = nextOffset
    self.finalBefore = finalBefore
  }

  func encoded() -> [UInt8] {
    var lines = NamedLines()
    lines.add("incarnation", incarnation)
    lines.add("partitions", partitionCount)
    lines.add("next-offset", nextOffset)
    if let finalBefore { lines.add("final-before", finalBefore) }
    return lines.encoded()
  }

  /// nil when the bytes are not what `encoded` makes.
  init?(_ bytes: some Collection<UInt8>) {
    guard let lines = NamedLines(bytes), lines.rest.isEmpty,
      let incarnation = lines.text("incarnation"),
      let partitionCount: Int32 = lines.number("partitions"), partitionCount > 0,
      let nextOffset: Int64 = lines.number("next-offset"), nextOffset >= 0
    else { return nil }
    var finalBefore: Int64?
    if let text = lines.text("final-before") {
      guard let number = Int64(text) else { return nil }
      finalBefore = number
    }
    self.init(
      partitionCount: partitionCount, incarnation: incarnation, nextOffset: nextOffset,
      finalBefore: finalBefore)
  }
}
