// A job that was asked for does not match what the store holds of it.

/// The results in the store belong to a job with another rule.
public struct JobRuleChanged: Error, Sendable, CustomStringConvertible {
  public let stored: String
  public let wanted: String
  /// The command that starts over.
  let remedy: String

  init(
    stored: String, wanted: String, remedy: String = "moaa reset \(GroupName.hourly) --to earliest"
  ) {
    self.stored = stored
    self.wanted = wanted
    self.remedy = remedy
  }

  public var description: String {
    """
    the hours in this store were made under another rule, and two rules must not mix
      in the store: \(stored)
      asked for:    \(wanted)
    Ask with the options of the store's rule, name another store with --store, or start over: \
    `\(remedy)`
    """
  }
}
