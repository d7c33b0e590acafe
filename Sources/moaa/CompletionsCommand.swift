// `moaa completions`: what a shell needs to complete a command line.

import Arguments

enum CompletionsCommand: Subcommand {
  private enum Shell: String, CaseIterable { case bash, zsh }

  static let declaration = Command(
    "completions", "Print what bash or zsh needs to complete moaa's command lines.",
    positionals: [
      Positional("SHELL", .one, "The shell.", choices: Shell.allCases.map(\.rawValue))
    ],
    discussion: """
      Commands, options, their choices and files are completed. Load it where the shell starts: in \
      ~/.bashrc, or in ~/.zshrc after `compinit`. The Debian package brings both.
      """,
    examples: [
      "eval \"$(moaa completions bash)\"", "moaa completions zsh > ~/.zsh/completions/_moaa",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    guard let shell = Shell(rawValue: arguments.positionals("SHELL")[0]) else {
      preconditionFailure("the choices are the shells")
    }
    switch shell {
    case .bash: try StandardOutput.write(Main.commands.bashCompletion())
    case .zsh: try StandardOutput.write(Main.commands.zshCompletion())
    }
    return .success
  }
}
