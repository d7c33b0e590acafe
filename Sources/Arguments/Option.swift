// The declaration of one long option.

/// An option of a command: a flag, or a name with a value.
///
/// Names are written without their dashes. `help` is taken: every command has `--help`.
public struct Option: Sendable {
  let name: String
  let help: String
  /// nil for a flag.
  let value: Value?

  struct Value: Sendable {
    let placeholder: String
    let defaultText: String?
    let choices: [String]?
  }

  /// `--name`: given or not.
  public static func flag(_ name: String, _ help: String) -> Option {
    Option(name: name, help: help, value: nil)
  }

  /// `--name VALUE` or `--name=VALUE`.
  /// - Parameters:
  ///   - placeholder: what the help shows for the value, such as `FILE`. Shells complete files where it
  ///     is one of those that `WordKind` knows.
  ///   - default: the value when the option is not given; one of the choices, if there are any.
  ///   - choices: the only values allowed.
  public static func value(
    _ name: String, _ placeholder: String, _ help: String, default defaultText: String? = nil,
    choices: [String]? = nil
  ) -> Option {
    if let defaultText, let choices {
      precondition(choices.contains(defaultText), "the default of --\(name) is not a choice")
    }
    return Option(
      name: name, help: help,
      value: Value(placeholder: placeholder, defaultText: defaultText, choices: choices))
  }

  private init(name: String, help: String, value: Value?) {
    precondition(
      !name.isEmpty && !name.hasPrefix("-") && !name.contains("=") && name != "help",
      "'\(name)' cannot be the name of an option")
    self.name = name
    self.help = help
    self.value = value
  }
}
