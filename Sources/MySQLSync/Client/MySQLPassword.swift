// A password, where it may come from, and that it is never shown.

import Connections
import Glibc

/// A password. No description, dump or error has it.
public struct MySQLPassword: Sendable {
  /// Without zero bytes.
  let text: String

  /// - Throws: a setup failure when there is a zero byte or nothing in it.
  public init(_ text: String) throws(MySQLFailure) {
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw .own("the MySQL password is empty or has a zero byte in it", remedy: Self.whereToPutIt)
    }
    self.text = text
  }

  public static let environmentName = "MOAA_MYSQL_PASSWORD"
  public static let optionFileGroup = "moaa"
  static let whereToPutIt =
    "Put the password into a file that only you can read, into the environment as "
    + "\(environmentName), or into ~/.my.cnf under [\(optionFileGroup)] as password=…"

  /// Looks for a password: the file that was named, else the environment, else `[moaa]` of
  /// `~/.my.cnf`. An empty variable says that there is none.
  ///
  /// - Parameters:
  ///   - file: a file of the password alone; one newline at its end does not count.
  ///   - optionFile: `~/.my.cnf` unless something else is given.
  /// - Returns: nil when there is none.
  /// - Throws: a setup failure when a file cannot be read, or others can read it.
  public static func find(
    file: String?, environment: (String) -> String? = environmentValue,
    optionFile: String? = nil
  ) throws(MySQLFailure) -> MySQLPassword? {
    if let file { return try fromFile(file) }
    if let text = environment(environmentName) {
      return text.isEmpty ? nil : try MySQLPassword(text)
    }
    guard let path = optionFile ?? environment("HOME").map({ $0 + "/.my.cnf" }) else { return nil }
    return try fromOptionFile(path)
  }

  /// The value of an environment variable.
  public static func environmentValue(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  private static func secretFile(_ path: String) throws(MySQLFailure) -> SecretFile? {
    do throws(SecretFile.Fault) {
      return try SecretFile(path)
    } catch {
      throw .own(error.message, remedy: error.remedy)
    }
  }

  private static func refuseIfOthersCanRead(_ file: SecretFile) throws(MySQLFailure) {
    do throws(SecretFile.Fault) {
      try file.refuseIfOthersCanRead()
    } catch {
      throw .own(error.message, remedy: error.remedy)
    }
  }

  static func fromFile(_ path: String) throws(MySQLFailure) -> MySQLPassword {
    guard let file = try secretFile(path) else {
      throw .own("there is no password file \(path)", remedy: whereToPutIt)
    }
    try refuseIfOthersCanRead(file)
    var text = Substring(file.text)
    // A newline after a carriage return is one Character.
    if text.last == "\n" || text.last == "\r\n" { text.removeLast() }
    guard !text.isEmpty else {
      throw .own("the password file \(path) is empty", remedy: whereToPutIt)
    }
    return try MySQLPassword(String(text))
  }

  /// - Returns: nil when there is no file or no password of the group in it.
  static func fromOptionFile(_ path: String) throws(MySQLFailure) -> MySQLPassword? {
    guard let file = try secretFile(path),
      let text = OptionFile.value(of: "password", group: optionFileGroup, in: file.text)
    else { return nil }
    try refuseIfOthersCanRead(file)
    return text.isEmpty ? nil : try MySQLPassword(text)
  }
}

extension MySQLPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "(a password)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
