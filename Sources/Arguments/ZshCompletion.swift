// Completion in zsh, made from the declarations.
//
// The script finds the command in the words before the cursor, as the program does, and gives the rest to
// zsh's own `_arguments`, with a specification of each option and operand.

extension CommandSet {
  /// A script for zsh that completes commands, options, choices and files, and explains them. It works
  /// as a file `_PROGRAM` in `$fpath`, and by `eval` after `compinit`.
  public func zshCompletion() -> String {
    let function = "_\(program)"
    return """
      #compdef \(program)
      # Completion of \(program) in zsh, made by `\(program) completions zsh`.
      \(function)() {
        local curcontext=$curcontext state line command name
        local -a before next
        local -A opt_args
        integer n
        before=("${(@)words[2,CURRENT-1]}")
        if [[ $before[1] == help ]]; then
          shift before
          name=help
        fi
        for n in 3 2 1; do
          ((n <= $#before)) || continue
          command=${(j: :)before[1,n]}
          case $command in
            (\(commands.map { "'\($0.name)'" }.joined(separator: "|"))) break ;;
          esac
          command=
        done
        case ${(j: :)before} in
      \(zshNextWords)
        esac
        if (($#next)) && [[ $PREFIX != -* ]]; then
          _describe -t commands 'command' next
        fi
        if [[ -z $command || $name == help ]]; then
          if [[ $PREFIX == -* ]]; then
            compadd -- -h --help
            \(version == nil ? ":" : "((CURRENT > 2)) || compadd -- --version")
          fi
          return
        fi
        words=("$words[1]" "${(@)words[n+2,-1]}")
        ((CURRENT -= n))
        case $command in
      \(commands.map(\.zshArguments).joined(separator: "\n"))
        esac
      }
      if [[ $funcstack[1] == \(function) ]]; then
        \(function) "$@"
      else
        compdef \(function) \(program)
      fi

      """
  }

  private var zshNextWords: String {
    let help = ZshText.quoted("help:Show the help of a command")
    let first = """
          ('')
            next=(\(described(after: [])))
            [[ $name == help ]] || next+=(\(help))
            ;;
      """
    let groups = self.groups.map { group in
      "    (\(ZshText.quoted(group.joined(separator: " ")))) next=(\(described(after: group))) ;;"
    }
    return ([first] + groups).joined(separator: "\n")
  }

  private func described(after words: [String]) -> String {
    nextWords(after: words).map { ZshText.quoted("\($0.word):\(ZshText.plain($0.summary))") }
      .joined(separator: " ")
  }
}

extension Command {
  fileprivate var zshArguments: String {
    var specifications = ["'(- *)-h[Show the help.]'", "'(- *)--help[Show the help.]'"]
    for option in options {
      let about = "[\(ZshText.escaped(ZshText.plain(option.help)))]"
      guard let value = option.value else {
        specifications.append(ZshText.quoted("--\(option.name)\(about)"))
        continue
      }
      let action = ZshText.action(value.kind)
      specifications.append(
        ZshText.quoted("--\(option.name)=\(about):\(ZshText.escaped(value.placeholder)):\(action)"))
    }
    for positional in positionals {
      let start = positional.most > 1 ? "*" : positional.fewest == 0 ? ":" : ""
      specifications.append(
        ZshText.quoted("\(start):\(positional.name):\(ZshText.action(positional.kind))"))
    }
    return """
          (\(ZshText.quoted(name)))
            _arguments -S \\
              \(specifications.joined(separator: " \\\n        "))
            ;;
      """
  }
}

/// How text is written in a script for zsh.
private enum ZshText {
  /// The first sentence or clause, since a list has a line for each. Names in it stand as they are.
  static func plain(_ text: String) -> String {
    var end = text.startIndex
    while end < text.endIndex {
      let next = text.index(after: end)
      let isLast = next == text.endIndex || text[next] == " "
      if text[end] == ";" && isLast || text[end] == "." && isLast { break }
      end = next
    }
    return text[..<end].filter { $0 != "`" }
  }

  /// Inside a specification of `_arguments`.
  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\\[]:".contains(character) { result += "\\" }
      result.append(character)
    }
  }

  static func quoted(_ text: String) -> String {
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "'\\''") + "'"
  }

  static func action(_ kind: WordKind) -> String {
    switch kind {
    case .choices(let choices): "(\(choices.joined(separator: " ")))"
    case .file: "_files"
    case .folder: "_files -/"
    case .other: " "
    }
  }
}
