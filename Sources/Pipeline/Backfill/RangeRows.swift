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

  init(rule: BackfillRule, receivedSeconds: Int64) {
    builder = PartialBuilder(rule: rule, receivedSeconds: receivedSeconds)
  }

  /// Begins a range, and forgets the one before.
  func begin(_ decoder: FileDecoder) {
    self.decoder = decoder
    builder.clear()
    refused = []
  }

  func add(_ piece: UnsafeRawBufferPointer) throws {
    try decoder.decode(piece) { row in
      builder.add(row)
      if case .rejected(let reason) = row.content {
        refused.append(Refused(bytes: Array(row.bytes), line: row.line, reason: reason))
      }
    }
  }

  /// Gives up all rows to another builder.
  func move(to builder: inout PartialBuilder) { builder.take(from: &self.builder) }
}
