// What `moaa doctor mysql` wants to know of a server.

import CMariaDB
import Connections

/// Findings about a server, the connection to it and the rights there. Reads only.
public struct TargetReport: Sendable {
  public private(set) var findings: [Finding] = []

  public init(_ connection: MySQLConnection, address: MySQLAddress) throws(MySQLFailure) {
    add("server", .ok, "\(connection.serverVersion), taken for \(connection.dialect)")
    add("address", .ok, "\(address)")
    addEncryption(connection, address)
    addPlugins()
    try addSession(connection)
    try addRights(connection)
  }

  /// What this machine has, which can be told without a server.
  public static func plugins() -> [Finding] {
    var report = TargetReport()
    report.addPlugins()
    return report.findings
  }

  private init() {}

  private mutating func add(_ subject: String, _ state: Finding.State, _ detail: String) {
    findings.append(Finding(subject: subject, state: state, detail: detail))
  }

  private mutating func addEncryption(_ connection: MySQLConnection, _ address: MySQLAddress) {
    switch (connection.tlsCipher, address.isLocal) {
    case (let cipher?, _): add("TLS", .ok, "\(cipher), the certificate was verified")
    case (nil, true): add("TLS", .ok, "none, and what is sent does not leave this machine")
    case (nil, false): add("TLS", .wrong, "none: others on the way can read what is sent")
    }
  }

  /// libmariadb has some ways to log in as files of their own, which may not be installed.
  private mutating func addPlugins() {
    for name in ["mysql_native_password", "caching_sha2_password", "client_ed25519"] {
      if AuthenticationPlugin.isAtHand(name) {
        add("plugin", .ok, name)
      } else {
        add("plugin", .note, "\(name) cannot be loaded: users who log in that way are refused")
      }
    }
  }

  private mutating func addSession(_ connection: MySQLConnection) throws(MySQLFailure) {
    let row =
      try connection.query(
        """
        SELECT @@global.time_zone, @@system_time_zone, @@session.time_zone, @@global.sql_mode,
          @@session.sql_mode, @@global.read_only, @@global.max_allowed_packet, CURRENT_USER()
        """
      ).first ?? []
    let isWritable = row[5].integer == 0
    let zone = row[0].catalogueText
    let ownZone = zone == "SYSTEM" ? "SYSTEM, which is \(row[1].catalogueText)" : zone
    add("user", .ok, row[7].catalogueText)
    add("time zone", .ok, "\(row[2].catalogueText) in moaa's session; the server's is \(ownZone)")
    let isStrict = row[3].catalogueText.contains("STRICT_")
    add(
      "SQL mode", .ok,
      "strict in moaa's session; the server's is "
        + (isStrict ? "strict" : "not, so that others may cut what does not fit"))
    add("read only", isWritable ? .ok : .wrong, isWritable ? "no" : "it takes no changes")
    let packetBytes = row[6].integer ?? 0
    add(
      "max_allowed_packet", packetBytes >= 1 << 20 ? .ok : .note,
      "\(packetBytes) bytes" + (packetBytes >= 1 << 20 ? "" : ": 1 MiB or more is faster"))
    add(
      "array binding", connection.takesArrays ? .ok : .note,
      connection.takesArrays ? "yes" : "no: rows go in statements of many")
  }

  private mutating func addRights(_ connection: MySQLConnection) throws(MySQLFailure) {
    let grantee = MySQLValue.text(try grantee(connection))
    let rows = try connection.query(
      """
      SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ?
      UNION SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES
      WHERE GRANTEE = ? AND DATABASE() LIKE TABLE_SCHEMA
      """, [grantee, grantee])
    let had = Set(rows.map { $0[0].catalogueText })
    let missing = ["SELECT", "INSERT", "UPDATE"].filter { !had.contains($0) }
    guard missing.isEmpty else {
      let text = "\(missing.joined(separator: ", ")) not given on the database"
      switch try otherRights(connection, grantee) {
      case .none:
        add("rights", .wrong, "\(text), nor on any table of it, nor by a role: grant them")
      case .some(let place):
        add("rights", .note, "\(text); there are rights \(place), which are not looked into here")
      }
      return
    }
    add(
      "rights", had.contains("CREATE") ? .ok : .note,
      had.contains("CREATE")
        ? "SELECT, INSERT, UPDATE, CREATE"
        : "SELECT, INSERT, UPDATE; without CREATE somebody else has to make the tables")
  }

  /// Where a user without rights on the database may have them still; nil: nowhere.
  private func otherRights(
    _ connection: MySQLConnection, _ grantee: MySQLValue
  ) throws(MySQLFailure) -> String? {
    let tables = try connection.query(
      """
      SELECT 1 FROM information_schema.TABLE_PRIVILEGES
      WHERE GRANTEE = ? AND TABLE_SCHEMA = DATABASE() LIMIT 1
      """, [grantee])
    if !tables.isEmpty { return "on single tables" }
    // MySQL has this view from 8.0.19 on.
    let roles = try? connection.query(
      "SELECT 1 FROM information_schema.ENABLED_ROLES WHERE ROLE_NAME IS NOT NULL LIMIT 1")
    return roles.map { $0.isEmpty } ?? false ? nil : "by a role"
  }

  /// `'user'@'host'`, as the catalogue has it.
  private func grantee(_ connection: MySQLConnection) throws(MySQLFailure) -> String {
    let user = try connection.query("SELECT CURRENT_USER()").first?[0].catalogueText ?? ""
    let at = user.lastIndex(of: "@") ?? user.endIndex
    return "'\(user[..<at])'@'\(user[at...].dropFirst())'"
  }
}

/// A way to log in, as libmariadb has it.
enum AuthenticationPlugin {
  /// MYSQL_CLIENT_AUTHENTICATION_PLUGIN of mysql/client_plugin.h.
  private static let type: Int32 = 2

  static func isAtHand(_ name: String) -> Bool {
    guard let handle = mysql_init(nil) else { return false }
    defer { mysql_close(handle) }
    return mysql_client_find_plugin(handle, name, type) != nil
  }
}
