// What a connection needs to know.

public struct MySQLSettings: Sendable {
  public var address: MySQLAddress
  public var password: MySQLPassword?
  public var tls: TLSPolicy
  /// How long to wait for the server to be reached and to greet.
  public var connectSeconds: UInt32
  /// How long to wait for an answer. Longer than the server waits for a row that another
  /// transaction holds (innodb_lock_wait_timeout, 50 s by default), so that it can say so.
  public var answerSeconds: UInt32

  public init(
    address: MySQLAddress, password: MySQLPassword? = nil, tls: TLSPolicy? = nil,
    connectSeconds: UInt32 = 10, answerSeconds: UInt32 = 120
  ) {
    self.address = address
    self.password = password
    self.tls = tls ?? .standard(for: address)
    self.connectSeconds = connectSeconds
    self.answerSeconds = answerSeconds
  }
}
