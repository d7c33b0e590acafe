// The declaration of a positional argument.

/// One or more words that are told apart by where they stand.
public struct Positional: Sendable {
  /// How many words it takes.
  public enum Arity: Sendable { case one, optional, oneOrMore, any }

  let name: String
  let arity: Arity
  let help: String
  let choices: [String]?

  /// - Parameters:
  ///   - name: what the help and the errors call it, such as `FILE`. Shells complete files where it is
  ///     one of those that `WordKind` knows.
  ///   - choices: the only words allowed.
  public init(_ name: String, _ arity: Arity, _ help: String, choices: [String]? = nil) {
    self.name = name
    self.arity = arity
    self.help = help
    self.choices = choices
  }

  var fewest: Int {
    switch arity {
    case .one, .oneOrMore: 1
    case .optional, .any: 0
    }
  }

  var most: Int {
    switch arity {
    case .one, .optional: 1
    case .oneOrMore, .any: .max
    }
  }

  /// As a usage line writes it.
  var usage: String {
    switch arity {
    case .one: name
    case .optional: "[\(name)]"
    case .oneOrMore: "\(name)..."
    case .any: "[\(name)...]"
    }
  }
}
