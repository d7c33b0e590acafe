// The words of a command line, sorted by what they were declared as.
//
// Asking for a name that the command does not declare is a mistake in the program, not in what was
// typed, and stops it.

/// What was given to a command.
public struct ParsedArguments: Sendable {
  private let command: Command
  /// The options that were given; the empty string for a flag.
  private let given: [String: String]
  private let words: [String: [String]]

  init(command: Command, given: [String: String], words: [String: [String]]) {
    self.command = command
    self.given = given
    self.words = words
  }

  /// Whether the flag was given.
  public func flag(_ name: String) -> Bool {
    precondition(declared(name).value == nil, "--\(name) is declared with a value")
    return given[name] != nil
  }

  /// The value as typed; the default when it was not given; nil when there is none.
  public func value(_ name: String) -> String? {
    guard let value = declared(name).value else {
      preconditionFailure("--\(name) is declared as a flag")
    }
    return given[name] ?? value.defaultText
  }

  /// Whether the option was typed, be it a flag or a value. A default does not count.
  public func isGiven(_ name: String) -> Bool {
    _ = declared(name)
    return given[name] != nil
  }

  /// The value as a type of its own.
  /// - Parameter what: what the value should be, for the error: "--name: 'x' is not WHAT".
  /// - Returns: nil when the option was not given and has no default.
  public func value<T>(
    _ name: String, expecting what: String, _ parse: (String) -> T?
  ) throws(UsageError) -> T? {
    guard let text = value(name) else { return nil }
    guard let result = parse(text) else {
      throw UsageError(message: "--\(name): '\(text)' is not \(what)")
    }
    return result
  }

  /// The value as a whole number within bounds, both included.
  public func integer(
    _ name: String, in range: ClosedRange<Int64>
  ) throws(UsageError) -> Int64? {
    let what = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return try value(name, expecting: what) { text in
      Int64(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// The words of a positional argument, in the order typed; empty when it was left out.
  public func positionals(_ name: String) -> [String] {
    guard let found = words[name] else {
      preconditionFailure("'\(command.name)' declares no argument \(name)")
    }
    return found
  }

  private func declared(_ name: String) -> Option {
    guard let option = command.option(name) else {
      preconditionFailure("'\(command.name)' declares no option --\(name)")
    }
    return option
  }
}
