// What every command of the program is: a declaration, and what it does.

import Arguments

protocol Subcommand {
  static var declaration: Command { get }
  static func run(_ arguments: ParsedArguments) throws -> ExitCode
}
