// What a comparison of a store with a target came to.

/// Rows counted by what was found of them: hours, or rows of a result set.
public struct CheckOutcome: Hashable, Sendable {
  /// Rows of the store that the target can hold.
  public internal(set) var rowCount = 0
  public internal(set) var missingCount = 0
  public internal(set) var differentCount = 0
  /// Rows of the target whose keys the store does not have. They stay.
  public internal(set) var onlyInTargetCount = 0
  /// Rows of the store that the target cannot hold. They are named, and never repaired.
  public internal(set) var unfitCount = 0
  public internal(set) var repairedCount = 0
  /// Of a comparison by days: the store's, and those of them that differ. 0 for others.
  public internal(set) var dayCount = 0
  public internal(set) var differingDayCount = 0

  public var differenceCount: Int { missingCount + differentCount }

  /// Whether the target now has every row of the store.
  public var isComplete: Bool { differenceCount == repairedCount && unfitCount == 0 }
}

/// What a target has where a store has a row.
public enum FoundRow: Hashable, Sendable, CustomStringConvertible {
  case missing
  case different(String)
  /// It cannot hold the row, for this reason.
  case unfit(String)

  public var description: String {
    switch self {
    case .missing: "the target does not"
    case .different(let text): "the target has \(text)"
    case .unfit(let reason): "the target cannot: \(reason)"
    }
  }
}
