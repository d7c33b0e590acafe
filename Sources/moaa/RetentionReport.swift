// Retention at the end of a command that writes: it says what it removed.

import LogStore
import Pipeline

enum RetentionReport {
  /// Removes what is due, and names how much that was.
  static func retain(_ store: LogStore) throws {
    for (topic, count) in try remove(store) {
      Message.plain("retention removed \(NumberText.count(count, "segment")) of \(topic)")
    }
  }

  /// Removes what is due.
  /// - Returns: how many segments of which topics.
  static func remove(_ store: LogStore) throws -> [(topic: String, count: Int64)] {
    var counts: [(topic: String, count: Int64)] = []
    for finding in try Housekeeping.retain(store) where finding.verdict != .neededByGroup {
      if counts.last?.topic != finding.topic { counts.append((finding.topic, 0)) }
      counts[counts.count - 1].count += 1
    }
    return counts
  }
}
