// What can go wrong with a server: its number and words, what kind of fault it is, and what to do.

/// An error of a server, of the connection to it, or of what was said about it.
public struct MySQLFailure: Error, Sendable, Hashable {
  public enum Kind: String, Sendable {
    /// May pass: the same is worth another attempt, on another connection when this one is lost.
    case transient
    /// The server does not take a value of a row; the other rows of the statement may be fine.
    case rowRefused
    /// Does not pass by itself: somebody has to change something.
    case setup
    /// None of those that are known.
    case unexpected
  }

  /// The server's or libmariadb's error number; 0 when moaa itself found the fault.
  public let number: Int
  /// Five letters or digits (ISO 9075); empty when moaa itself found the fault.
  public let sqlState: String
  /// The server's words. They may show values of a row, never a password.
  public let words: String
  /// What was being done; empty when the words say it.
  public let action: String
  public let kind: Kind
  /// What to do about it, as a sentence; empty when there is nothing to add.
  public let remedy: String
  /// Set for a COMMIT that may or may not have taken place: only the target's tables can tell.
  public internal(set) var isOutcomeUnknown = false

  /// A fault that a server or libmariadb has told.
  public init(number: Int, sqlState: String, words: String, while action: String = "") {
    self.number = number
    self.sqlState = sqlState
    self.words = words
    self.action = action
    (kind, remedy) = FailureTable.verdict(number: number, sqlState: sqlState, words: words)
  }

  private init(words: String, remedy: String) {
    number = 0
    sqlState = ""
    self.words = words
    action = ""
    kind = .setup
    self.remedy = remedy
  }

  /// A fault of the set-up that moaa itself has found.
  static func own(_ words: String, remedy: String) -> MySQLFailure {
    MySQLFailure(words: words, remedy: remedy)
  }

  /// Whether the connection is of no use any more.
  public var isConnectionLost: Bool {
    FailureTable.connectionLost.contains(number) || sqlState.hasPrefix("08")
  }
}

extension MySQLFailure: CustomStringConvertible {
  public var description: String {
    var text = action.isEmpty ? words : "\(action): \(words)"
    if number != 0 { text += " (error \(number), SQLSTATE \(sqlState))" }
    if isOutcomeUnknown { text += ". Whether it took place is not known" }
    return remedy.isEmpty ? text : "\(text). \(remedy)"
  }
}
