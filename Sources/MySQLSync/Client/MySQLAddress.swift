// Where a database is, and as whom: a mysql:// URL.

/// A server, a database on it and the user to be there. Holds no password.
public struct MySQLAddress: Hashable, Sendable {
  public enum Server: Hashable, Sendable {
    /// A host name or an IP address (IPv6 without brackets), always reached by TCP: libmariadb alone
    /// would take `localhost` for a socket.
    case host(String, port: UInt16)
    /// The path of a unix socket.
    case socket(String)
  }

  public static let defaultPort: UInt16 = 3306
  /// `sun_path` of unix(7) less its closing zero. libmariadb copies the path there unchecked.
  private static let socketPathBytesMax = 107

  public let server: Server
  public let user: String
  public let database: String

  public init(server: Server, user: String, database: String) {
    self.server = server
    self.user = user
    self.database = database
  }

  /// Reads `mysql://user@host:3306/database` or `mysql://user@/database?socket=/path`, where parts
  /// may be percent-encoded (RFC 3986) and IPv6 addresses stand in brackets.
  ///
  /// - Throws: a setup failure. It never shows any of the text, in which a password may stand.
  public init(_ text: String) throws(MySQLFailure) {
    let scheme = "mysql://"
    guard text.lowercased().hasPrefix(scheme) else {
      throw Self.malformed("it does not begin with mysql://")
    }
    let rest = text.dropFirst(scheme.count)
    guard !rest.contains("#") else { throw Self.malformed("# has no meaning in it") }
    let queryParts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let pathParts = queryParts[0].split(
      separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let authority = pathParts[0]

    guard let at = authority.lastIndex(of: "@") else { throw Self.malformed("it names no user") }
    let userText = authority[..<at]
    guard !userText.contains(":") else {
      throw .own(
        "the MySQL address has a password in it, which others can see in the list of processes",
        remedy: "Remove it, and change it if this machine has other users. "
          + MySQLPassword.whereToPutIt)
    }
    user = try Self.decoded(userText, "user")
    guard !user.isEmpty else { throw Self.malformed("it names no user") }

    database = try Self.decoded(pathParts.count > 1 ? pathParts[1] : "", "database")
    guard !database.isEmpty, !database.contains("/") else {
      throw Self.malformed("it names no database, or has a / in its name")
    }
    let hostText = authority[authority.index(after: at)...]
    if let socket = try Self.socket(in: queryParts.count > 1 ? queryParts[1] : "") {
      guard hostText.isEmpty else { throw Self.malformed("it names both a host and a socket") }
      server = .socket(socket)
    } else {
      server = try Self.host(hostText)
    }
  }

  private static func socket(in query: Substring) throws(MySQLFailure) -> String? {
    var path: String?
    for item in query.split(separator: "&", omittingEmptySubsequences: true) {
      guard item.hasPrefix("socket="), path == nil else {
        throw malformed("after ? it has something else than one socket=PATH")
      }
      path = try decoded(item.dropFirst("socket=".count), "socket")
    }
    guard let path else { return nil }
    guard path.hasPrefix("/"), path.utf8.count <= socketPathBytesMax else {
      throw malformed("its socket is not an absolute path of \(socketPathBytesMax) bytes at most")
    }
    return path
  }

  private static func host(_ text: Substring) throws(MySQLFailure) -> Server {
    let name: String
    let rest: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { throw malformed("a [ is never closed") }
      name = String(text[text.index(after: text.startIndex)..<end])
      rest = text[text.index(after: end)...]
      // A zone (`%eth0`) may follow the address.
      guard name.contains(":"), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw malformed("in [ ] there is no IPv6 address")
      }
    } else {
      let end = text.firstIndex(of: ":") ?? text.endIndex
      name = try decoded(text[..<end], "host")
      rest = text[end...]
    }
    guard !name.isEmpty else { throw malformed("it names neither a host nor a socket") }
    if rest.isEmpty || rest == ":" { return .host(name, port: defaultPort) }
    guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      let port = UInt16(rest.dropFirst()), port > 0
    else {
      throw malformed("its port is not a number of 1 to 65535, or an IPv6 address has no [ ]")
    }
    return .host(name, port: port)
  }

  private static func malformed(_ reason: String) -> MySQLFailure {
    .own(
      "the MySQL address cannot be read: \(reason)",
      remedy: "Write mysql://USER@HOST:3306/DATABASE or mysql://USER@/DATABASE?socket=/PATH.")
  }

  private static func decoded(_ text: Substring, _ part: String) throws(MySQLFailure) -> String {
    guard let decoded = PercentEncoding.decode(text) else {
      throw malformed("its \(part) has a % that encodes nothing, or a control character")
    }
    return decoded
  }

  /// Whether what is sent stays on this machine. Of host names only `localhost` is taken for that.
  public var isLocal: Bool {
    switch server {
    case .socket: return true
    case .host(let name, _):
      let lower = name.lowercased()
      if lower == "localhost" || lower == "::1" { return true }
      let parts = lower.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
  }
}

extension MySQLAddress: CustomStringConvertible {
  /// The URL again; fit for messages.
  public var description: String {
    let user = PercentEncoding.encode(user)
    let database = PercentEncoding.encode(database)
    switch server {
    case .socket(let path):
      return "mysql://\(user)@/\(database)?socket=\(PercentEncoding.encode(path))"
    case .host(let name, let port):
      let host = name.contains(":") ? "[\(name)]" : PercentEncoding.encode(name)
      return "mysql://\(user)@\(host):\(port)/\(database)"
    }
  }
}
