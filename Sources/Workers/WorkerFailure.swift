// What ends a worker, besides failures of Kafka and of the store.

/// Something that another attempt would not mend.
public struct WorkerFailure: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// Topics, partitions or options do not fit together.
    case setup
    /// The group's hours were made under another rule.
    case ruleChanged
    /// A record is not in the partition of its station, so that the station's hours would be split.
    case misplaced
    /// Records that the group has not read are gone from the input.
    case gap
    /// What a topic of the group holds is not what a worker wrote.
    case damaged
  }

  public let code: Code
  public let message: String
  /// What to do about it, as a sentence.
  public let remedy: String

  public init(_ code: Code, _ message: String, remedy: String) {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  public var description: String { "\(message). \(remedy)" }
}
