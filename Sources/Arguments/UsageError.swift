// A command line that cannot be used as it stands.

/// What is wrong with the words a person typed, and what to write instead.
public struct UsageError: Error, Sendable, CustomStringConvertible {
  /// One or two clauses without a final stop, ready to follow `moaa: `.
  public let message: String

  public init(message: String) { self.message = message }

  public var description: String { message }
}
