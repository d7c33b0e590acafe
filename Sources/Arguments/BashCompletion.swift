// Completion in bash, made from the declarations.
//
// The script finds the command in the words before the cursor, as the program does, and walks the rest
// as `Command.parse` would: which option waits for a value, how many operands there were. Names of files
// are left to readline (`compopt -o default`), which knows of quotes and `~`. It needs bash 4, and not the
// package bash-completion.

extension CommandSet {
  /// A script for bash that completes commands, options, choices and files.
  public func bashCompletion() -> String {
    let function = "_\(program)"
    return """
      # Completion of \(program) in bash, made by `\(program) completions bash`.
      \(function)() {
        local cur=${COMP_WORDS[COMP_CWORD]} prefix= command= option= choices= kind= next= options= flags=
        local given=' ' count=0 n word help=false ended=false
        local -a words=()
        COMPREPLY=()
        # bash cuts words at '=': --name=value comes as three.
        for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
          [[ $word == = ]] || words+=("$word")
        done
        [[ $cur != = ]] || cur=
        [[ ${words[0]-} != help ]] || { words=("${words[@]:1}"); help=true; }
        for n in 3 2 1; do
          ((n <= ${#words[@]})) || continue
          word=${words[*]:0:n}
          case $word in
            \(commands.map { "'\($0.name)'" }.joined(separator: "|")))
              command=$word
              break
              ;;
          esac
        done
        case ${words[*]} in
      \(bashNextWords)
        esac
        case $command in
      \(commands.map(\.bashOptions).joined(separator: "\n"))
        esac
        if [[ $help == true ]]; then
          options=
        elif [[ -n $command ]]; then
          for word in "${words[@]:n}"; do
            if [[ -n $option ]]; then
              option=
            elif [[ $ended == false && $word == -- ]]; then
              ended=true
            elif [[ $ended == false && $word == -?* ]]; then
              given+="${word%%=*} "
              [[ $word == *=* || $flags == *" $word "* ]] || option=$word
            else
              ((count += 1))
            fi
          done
          # Where bash was told not to cut there.
          if [[ -z $option && $ended == false && $cur == --*=* ]]; then
            option=${cur%%=*}
            prefix=$option=
            cur=${cur#*=}
          fi
          case "$command/$option/$count" in
      \(commands.flatMap(\.bashValues).joined(separator: "\n"))
          esac
        fi
        if [[ -z $option && $ended == false ]]; then
          # Options where one was begun, and where there is nothing else to say; each can be given once.
          if [[ $cur == -* || -z $choices$kind$next ]]; then
            choices=
            kind=
            for word in $options; do
              [[ $given == *" $word "* ]] || choices+="$word "
            done
          fi
        fi
        case $kind in
          file) compopt -o default ;;
          folder) compopt -o dirnames ;;
          *) mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$next $choices" -- "$cur") ;;
        esac
      }
      complete -F \(function) \(program)

      """
  }

  private var bashNextWords: String {
    // `help` explains commands, and is none.
    let first = """
          '')
            next='\(words(after: []))'
            [[ $help == true ]] || next+=' help'
            options='-h --help\(version == nil ? "" : " --version")'
            ;;
      """
    let groups = self.groups.map {
      "    '\($0.joined(separator: " "))') next='\(words(after: $0))' options='-h --help' ;;"
    }
    return ([first] + groups).joined(separator: "\n")
  }

  private func words(after words: [String]) -> String {
    nextWords(after: words).map(\.word).joined(separator: " ")
  }
}

extension Command {
  fileprivate var bashOptions: String {
    let names = options.map { "--\($0.name)" } + ["--help"]
    let flags = options.filter { $0.value == nil }.map { "--\($0.name)" } + ["--help", "-h"]
    return """
          '\(name)')
            options='\(names.joined(separator: " "))'
            flags=' \(flags.joined(separator: " ")) '
            ;;
      """
  }

  /// What the values of options and the operands are, where that is known.
  fileprivate var bashValues: [String] {
    var lines: [String] = []
    func add(_ pattern: String, _ kind: WordKind) {
      switch kind {
      case .choices(let choices):
        lines.append("      \(pattern)) choices='\(choices.joined(separator: " "))' ;;")
      case .file: lines.append("      \(pattern)) kind=file ;;")
      case .folder: lines.append("      \(pattern)) kind=folder ;;")
      case .other: break
      }
    }
    for option in options {
      if let value = option.value { add("'\(name)/--\(option.name)/'*", value.kind) }
    }
    for (index, positional) in positionals.enumerated() {
      // Only the last one may take any number of words, as far as a shell is told.
      add("'\(name)//'" + (positional.most > 1 ? "*" : "\(index)"), positional.kind)
    }
    return lines
  }
}
