// How far the fold of a raw partition is, as its row of the state topic says.

import Aggregation

/// Everything that a fold remembers besides its day blocks.
struct FoldProgress: Hashable {
  /// Partitions of the input. With another count the stations would be elsewhere.
  let partitionCount: Int32
  /// The rule, as its fingerprint.
  let rule: String
  /// Made at random with the first row, and kept: tells a topic from one that was made anew.
  let incarnation: String
  /// The next offset of the raw partition to fold.
  var nextOffset: Int64
  /// Rows of this kind so far, this one among them: tells an older one where `nextOffset` is the same.
  let commitCount: Int64
  var aggregation: AggregationProgress

  func encoded() -> [UInt8] {
    var lines = NamedLines()
    lines.add("incarnation", incarnation)
    lines.add("partitions", partitionCount)
    lines.add("next-offset", nextOffset)
    lines.add("commits", commitCount)
    lines.add("rule", rule)
    lines.rest = aggregation.encoded()
    return lines.encoded()
  }

  init(
    partitionCount: Int32, rule: String, incarnation: String, nextOffset: Int64,
    commitCount: Int64, aggregation: AggregationProgress
  ) {
    self.partitionCount = partitionCount
    self.rule = rule
    self.incarnation = incarnation
    self.nextOffset = nextOffset
    self.commitCount = commitCount
    self.aggregation = aggregation
  }

  /// nil when the bytes are not what `encoded` makes.
  init?(_ bytes: some Collection<UInt8>) {
    guard let lines = NamedLines(bytes), let incarnation = lines.text("incarnation"),
      let partitionCount: Int32 = lines.number("partitions"), partitionCount > 0,
      let nextOffset: Int64 = lines.number("next-offset"), nextOffset >= 0,
      let commitCount: Int64 = lines.number("commits"), commitCount > 0,
      let rule = lines.text("rule"), let aggregation = AggregationProgress(lines.rest)
    else { return nil }
    self.init(
      partitionCount: partitionCount, rule: rule, incarnation: incarnation, nextOffset: nextOffset,
      commitCount: commitCount, aggregation: aggregation)
  }
}
