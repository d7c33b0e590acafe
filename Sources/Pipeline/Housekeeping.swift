// What every job that writes does besides: let retention take what is due.

import LogStore

public enum Housekeeping {
  /// Removes the segments that retention says may go, by the store's own clock.
  @discardableResult
  public static func retain(_ store: LogStore) throws -> [RetentionFinding] {
    let due = try store.read { try $0.retentionFindings(at: store.options.clock.nowMilliseconds()) }
    guard due.contains(where: { $0.verdict != .neededByGroup }) else { return due }
    return try store.write { try $0.retain(at: $0.time) }
  }
}
