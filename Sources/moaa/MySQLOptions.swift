// The options of commands that work on a MySQL or MariaDB server.

import Arguments
import MySQLSync

enum MySQLOptions {
  static let environmentName = "MOAA_MYSQL"

  static let connection: [Option] =
    [
      .value(
        "mysql", "URL",
        "mysql://USER@HOST:3306/DATABASE or mysql://USER@/DATABASE?socket=/PATH (default: "
          + "$\(environmentName).")
    ] + access

  /// How to log in.
  static let access: [Option] = [
    .value(
      "password-file", "FILE",
      "A file of the password alone, which nobody else can read. Without it: "
        + "$\(MySQLPassword.environmentName), else [\(MySQLPassword.optionFileGroup)] of ~/.my.cnf."
    ),
    .value(
      "tls-ca", "FILE",
      "The authority that signed the server's certificate (PEM), if this machine "
        + "does not trust it already."),
    .flag("no-tls", "Do without encryption also to another machine. It is verified TLS otherwise."),
  ]

  /// For commands that declare all options of `connection`.
  static func settings(_ arguments: ParsedArguments) throws -> MySQLSettings {
    try settings(arguments, address: arguments.value("mysql"))
  }

  /// - Parameter address: instead of `--mysql`.
  static func settings(
    _ arguments: ParsedArguments, address given: String?
  ) throws -> MySQLSettings {
    guard
      let text = given
        ?? MySQLPassword.environmentValue(environmentName).flatMap({ $0.isEmpty ? nil : $0 })
    else {
      throw UsageError(message: "which server? Name it with --mysql URL or \(environmentName)")
    }
    if arguments.flag("no-tls"), arguments.isGiven("tls-ca") {
      throw UsageError(message: "--no-tls and --tls-ca contradict each other")
    }
    let address: MySQLAddress
    do throws(MySQLFailure) {
      address = try MySQLAddress(text)
    } catch {
      throw UsageError(message: error.description)
    }
    return MySQLSettings(
      address: address,
      password: try MySQLPassword.find(file: arguments.value("password-file")),
      tls: .standard(
        for: address, authorityFile: arguments.value("tls-ca"),
        allowsPlain: arguments.flag("no-tls")))
  }
}
