// The settings of a session that results depend on: set, then read back.

extension MySQLConnection {
  /// Refuse what does not fit, whatever the server's own setting: a figure that was cut to fit is
  /// wrong. Both products take these names; MySQL warns when the zero-date ones are left out.
  static let sqlModes: Set<String> = [
    "STRICT_ALL_TABLES", "NO_ZERO_IN_DATE", "NO_ZERO_DATE", "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ENGINE_SUBSTITUTION",
  ]

  /// - Returns: the largest packet that the server takes, in bytes.
  func setSession() throws(MySQLFailure) -> Int {
    // A server can have autocommit off for everybody.
    let modes = Self.sqlModes.sorted().joined(separator: ",")
    try execute("SET time_zone = '+00:00', sql_mode = '\(modes)', autocommit = 1")
    let names = [
      "@@session.time_zone", "@@session.sql_mode", "@@session.character_set_connection",
      "@@session.autocommit", "@@session.max_allowed_packet",
    ]
    let row = try query("SELECT " + names.joined(separator: ", ")).first ?? []
    let found = Set((row[1].text ?? "").split(separator: ",").map(String.init))
    try check(row[0].text == "+00:00", names[0], row[0])
    try check(found == Self.sqlModes, names[1], row[1])
    try check(row[2].text == "utf8mb4", names[2], row[2])
    try check(row[3].integer == 1, names[3], row[3])
    guard let bytes = row[4].integer, bytes >= 1024 else {
      throw .own("the server says that max_allowed_packet is \(row[4])", remedy: "")
    }
    return Int(bytes)
  }

  private func check(
    _ isAsSet: Bool, _ name: String, _ value: MySQLValue
  ) throws(MySQLFailure) {
    guard isAsSet else {
      throw .own(
        "the server does not keep a setting of the session: \(name) is \(value)",
        remedy: "A proxy between moaa and the server may have changed it: connect directly.")
    }
  }
}
