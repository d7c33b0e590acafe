// What a word of a command line can be, for shells that complete it.

/// Known from the declaration: its choices, else the name that the help has for it.
enum WordKind: Equatable {
  case choices([String])
  case file, folder
  /// Nothing that a shell could know.
  case other

  init(name: String, choices: [String]?) {
    if let choices {
      self = .choices(choices)
      return
    }
    switch name {
    case "PATH", "FILE", "SOCKET": self = .file
    case "FOLDER": self = .folder
    default: self = .other
    }
  }
}

extension Option.Value {
  var kind: WordKind { WordKind(name: placeholder, choices: choices) }
}

extension Positional {
  var kind: WordKind { WordKind(name: name, choices: choices) }
}
