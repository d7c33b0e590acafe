// The window state of a consumer group, as the aggregation looks it up.

import Aggregation
import LogStore

/// Reads day blocks from a store.
public final class StoredWindows: WindowStateSource {
  private let store: LogStore
  private let group: String

  public init(store: LogStore, group: String) {
    self.store = store
    self.group = group
  }

  public func dayBlock(key: [UInt8], day: Int64) throws -> [UInt8]? {
    try store.read { try $0.state(group: group, key: key, block: day) }
  }

  public func days(key: [UInt8]) throws -> [Int64] {
    var days: [Int64] = []
    try store.read { view in
      try view.forEachState(group: group, key: key) { _, day, _ in days.append(day) }
    }
    return days
  }
}
