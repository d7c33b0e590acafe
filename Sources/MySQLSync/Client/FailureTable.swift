// Which error numbers mean what. Numbers from 2000 and 5000 on are libmariadb's, the others the
// server's. Sources: MySQL 8.4 Error Message Reference; MariaDB Server "Error Code Reference";
// libmariadb's errmsg.h.

import Glibc

enum FailureTable {
  typealias Verdict = (kind: MySQLFailure.Kind, remedy: String)

  static func verdict(number: Int, sqlState: String, words: String) -> Verdict {
    // getaddrinfo(3)'s EAI_AGAIN: the name service does not answer now.
    if number == 2005, words.contains("(-3)") { return (.transient, serverAway) }
    if number == 2026, isBrokenOff(words) { return (.transient, serverAway) }
    return byNumber[number] ?? byClass(sqlState)
  }

  /// Whether TLS failed because the connection did: libmariadb has one number for that and
  /// for a certificate that is wrong, with OpenSSL's words for the end of the stream, and errno in
  /// brackets for what the system says.
  private static func isBrokenOff(_ words: String) -> Bool {
    let numbers = [
      EPIPE, ECONNABORTED, ECONNRESET, ETIMEDOUT, ENETDOWN, ENETUNREACH, ENETRESET, EHOSTDOWN,
      EHOSTUNREACH, EAGAIN,
    ]
    return words.contains("unexpected eof") || numbers.contains { words.hasSuffix("(\($0))") }
  }

  /// For numbers that are not listed: the first two letters of the SQLSTATE (ISO 9075).
  private static func byClass(_ sqlState: String) -> Verdict {
    switch sqlState.prefix(2) {
    case "08": (.transient, serverAway)
    case "40": (.transient, "")
    case "22", "23", "45": (.rowRefused, "")
    case "28", "42", "3D": (.setup, "")
    default: (.unexpected, "")
    }
  }

  /// After these the server or the network has given the connection up.
  static let connectionLost: Set<Int> = [
    1053, 1080, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 2002, 2003, 2006, 2013, 2026, 2027,
    2055, 3169, 4031, 5013, 5014,
  ]

  /// Errors of a COMMIT that say for certain that nothing was committed.
  static let certainlyNotCommitted: Set<Int> = [1205, 1213, 1290, 1792, 1836]

  private static let serverAway = "The server is not there now, or the network is not."
  private static let busy = "The server is at a limit of its own."
  private static let rights =
    "Grant SELECT, INSERT and UPDATE on the tables to this user; CREATE too, if they are to be "
    + "created."
  private static let readOnly =
    "The server takes no changes: name the primary, or make this one writable."
  private static let tls =
    "Name the file of the authority that signed the server's certificate, use the host name that is "
    + "in the certificate, or have TLS set up on the server."
  private static let plugin =
    "The user's authentication plugin is none that moaa takes: use caching_sha2_password, "
    + "mysql_native_password or ed25519."
  private static let definition =
    "The table is not what moaa expects: its definition has changed."

  private static let byNumber: [Int: Verdict] = {
    var table: [Int: Verdict] = [:]
    func put(_ kind: MySQLFailure.Kind, _ numbers: [Int], _ remedy: String = "") {
      for number in numbers { table[number] = (kind, remedy) }
    }

    put(.transient, [1053, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031], serverAway)
    put(.transient, [2002, 2003, 2006, 2013, 2027, 2055, 5013, 5014], serverAway)
    // 1047: a node of a Galera cluster that is not ready.
    put(.transient, [1047], serverAway)
    // Deadlock, lock wait, lock table full, their XA forms, KILL QUERY, time limits of a statement.
    // 1020: MariaDB's innodb_snapshot_isolation, on from 11.6 on.
    put(.transient, [1020, 1205, 1206, 1213, 1317, 1613, 1614, 1969, 3024, 3572])
    put(.transient, [1040, 1203, 1226], busy + " Close connections, or raise max_connections.")
    put(.transient, [1037, 1038, 1041, 1135], busy + " Give it more memory.")
    put(.transient, [1021, 1114, 1030], "The server's disk, or the table's space, may be full.")

    // NULL, duplicates, ranges, types, lengths, JSON, character sets.
    put(
      .rowRefused,
      [
        1048, 1062, 1118, 1169, 1264, 1265, 1292, 1300, 1366, 1367, 1406, 1411, 1441, 1526, 1586,
        1644, 1690, 1748, 3140, 3141, 3157, 3903,
      ])
    // Foreign keys and CHECK constraints (3819 MySQL's, 4025 MariaDB's).
    put(.rowRefused, [1216, 1452, 3819, 4025])

    put(
      .setup, [1045, 1698],
      "Check the user, where it may come from, and the password. " + MySQLPassword.whereToPutIt)
    put(.setup, [1044, 1142, 1143, 1227, 1370], rights)
    put(.setup, [1820, 1862], "The user's password has expired: set another one.")
    put(.setup, [3118, 4151], "The user's account is locked.")
    put(.setup, [1129], "The server has blocked this host: run FLUSH HOSTS on it.")
    put(.setup, [1130], "The server takes no connections from this host.")
    put(.setup, [1251, 1524, 2049, 2059, 2061, 5010], plugin)
    put(.setup, [1046, 1049], "Create the database, or name another.")
    put(.setup, [1146], "Create the table, or have moaa create it.")
    put(.setup, [1054, 1136, 1166, 1364], definition)
    put(.setup, [1290, 1792, 1836], readOnly)
    put(
      .setup, [1153, 1162, 2020],
      "A row is larger than the server takes: raise max_allowed_packet on it.")
    put(.setup, [2026, 3159], tls)
    put(.setup, [2005], "Check the host's name.")
    put(.setup, [2007, 2012, 2019, 2047, 5003], "The server is of a kind that moaa does not know.")
    put(.setup, [1193, 1231, 1298], "The server does not take a setting of the session.")
    put(.setup, [1064, 1235], "The server does not understand a statement of moaa's.")
    return table
  }()
}
