// What became of the feed of `moaa up`, for its exit code.

import Observations
import Synchronization

final class UpOutcome: Sendable {
  let inputFormat: ObservationFormat?
  private let refused = Atomic(false)

  init(inputFormat: ObservationFormat?) { self.inputFormat = inputFormat }

  /// Part of the input was refused.
  func noteRefused() { refused.store(true, ordering: .relaxed) }

  var wasRefused: Bool { refused.load(ordering: .relaxed) }
}
