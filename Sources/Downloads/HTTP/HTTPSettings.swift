// How the server is spoken to: politely, and not for ever.

/// Settings of a client.
public struct HTTPSettings: Sendable {
  /// Open at once, to one server.
  public static let connectionCountMax = 4

  /// Who asks, for the server's log.
  public var userAgent: String
  /// An attempt ends when so many seconds bring no byte, or no connection.
  public var timeoutSeconds: Int64
  /// Attempts after the first, for what may pass.
  public var retryCount: Int
  /// The first wait; waits double from attempt to attempt.
  public var firstWaitSeconds: Double
  /// Whether `http` is allowed besides `https`, also in redirects.
  public var allowsPlainHTTP: Bool

  /// Longer waits that a server asks for end the download.
  public static let waitSecondsMax: Int64 = 300

  public init(
    userAgent: String, timeoutSeconds: Int64 = 30, retryCount: Int = 5,
    firstWaitSeconds: Double = 1, allowsPlainHTTP: Bool = false
  ) {
    precondition(timeoutSeconds > 0 && retryCount >= 0 && firstWaitSeconds > 0)
    self.userAgent = userAgent
    self.timeoutSeconds = timeoutSeconds
    self.retryCount = retryCount
    self.firstWaitSeconds = firstWaitSeconds
    self.allowsPlainHTTP = allowsPlainHTTP
  }
}
