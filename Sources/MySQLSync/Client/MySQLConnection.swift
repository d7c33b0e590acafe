// libmariadb, wrapped once: a connection.

import CMariaDB
import Glibc

/// One connection to one server, in a session of known settings: UTC, utf8mb4, strict, each
/// statement committed by itself unless `begin` was called. Never reconnects by itself, because a
/// new session would have lost the transaction. Not shared between threads.
///
/// libmariadb has SIGPIPE ignored in the whole process.
public final class MySQLConnection {
  public let dialect: ServerDialect
  /// As the server calls itself.
  public let serverVersion: String
  /// nil when the connection is not encrypted.
  public let tlsCipher: String?
  /// The largest packet that the server takes, in bytes.
  public private(set) var packetBytesMax = 1024
  /// Whether it takes arrays of rows for a prepared statement.
  public let takesArrays: Bool

  private(set) var handle: UnsafeMutablePointer<MYSQL>?
  private var isInTransaction = false
  /// Why the transaction that is under way must not be committed: the server may have rolled all of
  /// it back, and would run what follows as a transaction of its own.
  private var transactionFailure: MySQLFailure?

  /// Once, before several threads could come to it at the same time: mysql_init would do it too.
  private static let isLibraryReady: Bool = mysql_server_init(0, nil, nil) == 0

  /// Connects, and sets and checks the session.
  ///
  /// - Throws: what the server or libmariadb says; a setup failure when the connection is not
  ///   encrypted as demanded, the server is too old, or does not take the session's settings.
  public init(_ settings: MySQLSettings) throws(MySQLFailure) {
    let handle = try Self.connected(settings)
    do throws(MySQLFailure) {
      serverVersion = mysql_get_server_info(handle).map { String(cString: $0) } ?? ""
      dialect = try ServerDialect(serverVersion: serverVersion)
    } catch {
      mysql_close(handle)
      throw error
    }
    tlsCipher = mysql_get_ssl_cipher(handle).map { String(cString: $0) }
    takesArrays = dialect.product == .mariaDB && moaa_mariadb_takes_arrays(handle) != 0
    self.handle = handle
    packetBytesMax = try setSession()
  }

  deinit { close() }

  /// Ends the session; what is not committed is rolled back. Statements are of no use after that.
  public func close() {
    if let handle { mysql_close(handle) }
    handle = nil
  }

  /// The number that the server knows this connection by.
  public var threadID: UInt { handle.map { mysql_thread_id($0) } ?? 0 }

  // MARK: Statements

  /// Runs a statement without values, and drops its rows if it has any.
  /// - Returns: the number of rows that it changed.
  @discardableResult
  public func execute(_ sql: String) throws(MySQLFailure) -> Int {
    let handle = try open()
    var sql = sql
    let code = sql.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        mysql_real_query(handle, $0.baseAddress, UInt($0.count))
      }
    }
    guard code == 0 else { throw failed(while: Self.gist(of: sql)) }
    if mysql_field_count(handle) > 0 {
      guard let result = mysql_store_result(handle) else { throw failed(while: Self.gist(of: sql)) }
      mysql_free_result(result)
      return 0
    }
    return Int(truncatingIfNeeded: mysql_affected_rows(handle))
  }

  public func prepare(_ sql: String) throws(MySQLFailure) -> MySQLStatement {
    try MySQLStatement(sql, on: self)
  }

  /// All rows of a small result.
  public func query(
    _ sql: String, _ values: [MySQLValue] = []
  ) throws(MySQLFailure) -> [[MySQLValue]] {
    try prepare(sql).query(values)
  }

  /// Prepares upserts of any number of rows.
  /// - Parameter method: the fastest that the server takes, unless another is given.
  public func prepareUpsert(
    _ shape: UpsertShape, method: UpsertStatement.Method? = nil
  ) -> UpsertStatement {
    UpsertStatement(shape, method: method ?? (takesArrays ? .arrays : .multiRow), on: self)
  }

  // MARK: Transactions

  public func begin() throws(MySQLFailure) {
    precondition(!isInTransaction, "a transaction within a transaction")
    transactionFailure = nil
    try execute("START TRANSACTION")
    isInTransaction = true
  }

  /// - Throws: with `isOutcomeUnknown` when the transaction may or may not be committed. The failure
  ///   of an earlier statement, when that may have ended the transaction and the caller went on.
  public func commit() throws(MySQLFailure) {
    precondition(isInTransaction, "a commit without a transaction")
    if let transactionFailure { throw transactionFailure }
    do throws(MySQLFailure) {
      try execute("COMMIT")
    } catch {
      var error = error
      error.isOutcomeUnknown = !FailureTable.certainlyNotCommitted.contains(error.number)
      transactionFailure = error
      throw error
    }
    isInTransaction = false
  }

  /// Gives the transaction up, if there is one. Where this fails the connection is of no use any
  /// more, and the server rolls back by itself.
  public func rollback() throws(MySQLFailure) {
    isInTransaction = false
    transactionFailure = nil
    try execute("ROLLBACK")
  }

  // MARK: Failures

  /// - Throws: what libmariadb says of a lost connection, when it was closed.
  func open() throws(MySQLFailure) -> UnsafeMutablePointer<MYSQL> {
    guard let handle else {
      throw MySQLFailure(number: 2006, sqlState: "HY000", words: "the connection was closed")
    }
    return handle
  }

  private func failed(while action: String) -> MySQLFailure {
    guard let handle else { preconditionFailure("a failure without a connection") }
    return note(Self.failure(of: handle, while: action))
  }

  /// Remembers a failure after which the transaction under way cannot be committed.
  func note(_ failure: MySQLFailure) -> MySQLFailure {
    if isInTransaction, failure.kind == .transient { transactionFailure = failure }
    return failure
  }

  static func failure(
    of handle: UnsafeMutablePointer<MYSQL>, while action: String
  ) -> MySQLFailure {
    MySQLFailure(
      number: Int(mysql_errno(handle)), sqlState: String(cString: mysql_sqlstate(handle)),
      words: String(cString: mysql_error(handle)), while: action)
  }

  /// What a statement does, for messages: SQL up to its first bracket or line end.
  static func gist(of sql: String) -> String {
    let words = sql.prefix { $0 != "(" && !$0.isNewline }
    return String(words.last == " " ? words.dropLast() : words)
  }
}

// MARK: Connecting

extension MySQLConnection {
  private static func connected(
    _ settings: MySQLSettings
  ) throws(MySQLFailure) -> UnsafeMutablePointer<MYSQL> {
    guard isLibraryReady, let handle = mysql_init(nil) else {
      throw .own("libmariadb cannot be used: out of memory", remedy: "")
    }
    do throws(MySQLFailure) {
      try setOptions(settings, on: handle)
      try connect(handle, settings)
      return handle
    } catch {
      mysql_close(handle)
      throw error
    }
  }

  private static func connect(
    _ handle: UnsafeMutablePointer<MYSQL>, _ settings: MySQLSettings
  ) throws(MySQLFailure) {
    let address = settings.address
    let connected: UnsafeMutablePointer<MYSQL>?
    switch address.server {
    case .host(let name, let port):
      connected = mysql_real_connect(
        handle, name, address.user, settings.password?.text, address.database, UInt32(port), nil, 0)
    case .socket(let path):
      connected = mysql_real_connect(
        handle, nil, address.user, settings.password?.text, address.database, 0, path, 0)
    }
    guard connected != nil else { throw failure(of: handle, while: "connecting to \(address)") }

    if settings.tls != .plain, mysql_get_ssl_cipher(handle) == nil {
      throw MySQLFailure(
        number: Int(CR_SSL_CONNECTION_ERROR), sqlState: "HY000",
        words: "the server does not encrypt", while: "connecting to \(address)")
    }
  }

  private static func setOptions(
    _ settings: MySQLSettings, on handle: UnsafeMutablePointer<MYSQL>
  ) throws(MySQLFailure) {
    func set(_ option: mysql_option, _ value: UnsafeRawPointer?) throws(MySQLFailure) {
      guard mysql_options(handle, option, value) == 0 else {
        throw .own("libmariadb does not take option \(option.rawValue)", remedy: "")
      }
    }
    var connectSeconds = settings.connectSeconds
    var answerSeconds = settings.answerSeconds
    try set(MYSQL_OPT_CONNECT_TIMEOUT, &connectSeconds)
    try set(MYSQL_OPT_READ_TIMEOUT, &answerSeconds)
    try set(MYSQL_OPT_WRITE_TIMEOUT, &answerSeconds)
    try set(MYSQL_SET_CHARSET_NAME, "utf8mb4")
    // Else a server could ask for any file that this process can read.
    var none: UInt32 = 0
    try set(MYSQL_OPT_LOCAL_INFILE, &none)
    var transport = MYSQL_PROTOCOL_SOCKET.rawValue
    if case .host = settings.address.server { transport = MYSQL_PROTOCOL_TCP.rawValue }
    try set(MYSQL_OPT_PROTOCOL, &transport)

    // Ways to log in that give no password away to who is not the server, or listens. The last two
    // send it as it is, which only an encrypted connection to a verified server may.
    var plugins =
      "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,auth_gssapi_client"
    if case .verified(let authorityFile) = settings.tls {
      plugins += ",mysql_clear_password,dialog"
      var yes: my_bool = 1
      try set(MYSQL_OPT_SSL_ENFORCE, &yes)
      try set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes)
      if let authorityFile { try set(MYSQL_OPT_SSL_CA, authorityFile) }
    }
    try set(MARIADB_OPT_RESTRICTED_AUTH, plugins)
    guard mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "moaa") == 0 else {
      throw .own("libmariadb does not take connection attributes", remedy: "")
    }
  }

  /// Whether TCP_NODELAY is set. libmariadb does it for every connection by TCP.
  var sendsAtOnce: Bool {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(mysql_get_socket(handle), Int32(IPPROTO_TCP), TCP_NODELAY, &value, &size) == 0
      && value != 0
  }
}
