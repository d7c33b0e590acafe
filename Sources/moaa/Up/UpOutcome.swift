// What became of the feed of `moaa up`, for its end.

import Observations
import Sockets
import Synchronization

final class UpOutcome: Sendable {
  let inputFormat: ObservationFormat?
  private let fed = Mutex<(summary: FeedSummary, fileCount: Int)?>(nil)

  init(inputFormat: ObservationFormat?) { self.inputFormat = inputFormat }

  func note(_ summary: FeedSummary, fileCount: Int) {
    fed.withLock { $0 = (summary, fileCount) }
  }

  var feed: (summary: FeedSummary, fileCount: Int)? { fed.withLock { $0 } }
}
