// What the rows of one range of a file gave, until it is known that they are rows.

import Aggregation
import Observations

/// Decodes and folds the rows of a range. Not shared between threads; serves one range after the other.
final class RangeRows {
  /// A row that could not be read; its line is counted from the range's first.
  struct Refused {
    let bytes: [UInt8]
    let line: Int
    let reason: RejectionReason
  }

  @exclusivity(unchecked) private(set) var decoder = FileDecoder(fileName: "")
  @exclusivity(unchecked) private var builder: PartialBuilder
  private(set) var refused: [Refused] = []
  /// Whether so many rows were refused that they are not kept, and none of the range's rows folded: it is to
  /// be read once more, by who can hand them on. A row of one byte takes a hundred here.
  private(set) var areGivenUp = false
  private let refusedCountMax: Int
  private static let refusedBytesMax = 1 << 20
  private var refusedByteCount = 0

  init(rule: BackfillRule, cuts: FileCuts, receivedSeconds: Int64) {
    refusedCountMax = cuts.refusedCountMax
    builder = PartialBuilder(rule: rule, receivedSeconds: receivedSeconds)
  }

  /// Begins a range, and forgets the one before.
  func begin(_ decoder: FileDecoder) {
    self.decoder = decoder
    builder.clear()
    forgetRefused()
    areGivenUp = false
  }

  private func forgetRefused() {
    refused = []
    refusedByteCount = 0
  }

  func add(_ piece: UnsafeRawBufferPointer) throws {
    if areGivenUp { return }
    try decoder.decode(piece) { row in
      builder.add(row)
      if case .rejected(let reason) = row.content {
        refused.append(Refused(bytes: Array(row.bytes), line: row.line, reason: reason))
        refusedByteCount += row.bytes.count
      }
    }
    if refused.count > refusedCountMax || refusedByteCount > Self.refusedBytesMax {
      areGivenUp = true
      forgetRefused()
      builder.clear()
    }
  }

  /// Gives up all rows to another builder.
  func move(to builder: inout PartialBuilder) { builder.take(from: &self.builder) }
}
