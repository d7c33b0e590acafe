// How far a local copy of a state partition is.

/// What the local store says of its copy. It is true of the rows beside it, being written with them.
struct CopyMark: Hashable {
  /// The cluster's id; another cluster's topics are others, whatever their names.
  let cluster: String
  /// Where in the state partition to read on: at or before the row that holds `progress`, or a newer one
  /// of the same kind. So a copy can always be told from that of a topic that was made anew.
  let rowOffset: Int64
  /// The copy's progress row, as the state topic has it.
  let progress: [UInt8]

  func encoded() -> [UInt8] {
    var lines = NamedLines()
    lines.add("cluster", cluster)
    lines.add("row-offset", rowOffset)
    lines.rest = progress
    return lines.encoded()
  }

  init(cluster: String, rowOffset: Int64, progress: [UInt8]) {
    self.cluster = cluster
    self.rowOffset = rowOffset
    self.progress = progress
  }

  /// nil when the bytes are not what `encoded` makes.
  init?(_ bytes: some Collection<UInt8>) {
    guard let lines = NamedLines(bytes), let cluster = lines.text("cluster"),
      let rowOffset: Int64 = lines.number("row-offset"), rowOffset >= 0
    else { return nil }
    self.init(cluster: cluster, rowOffset: rowOffset, progress: lines.rest)
  }
}
