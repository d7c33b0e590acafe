// Why something could not be fetched.

/// A failure, and what it means for what comes next.
public struct DownloadFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Hashable, Sendable {
    /// The server knows no such file, and would say the same tomorrow.
    case notThere = "not-there"
    /// The server, or a rule of ours, does not allow it: another attempt would be the same.
    case refused
    /// The server or the way to it failed: another attempt may succeed.
    case sick
    /// What came is not what was asked for.
    case damaged
    /// Disk, rights or memory here.
    case local
    /// Not begun, because others failed before it.
    case notTried = "not-tried"
  }

  public let kind: Kind
  public let message: String
  /// How long the server asks to be left alone.
  public let retryAfterSeconds: Int64?

  public init(_ kind: Kind, _ message: String, retryAfterSeconds: Int64? = nil) {
    self.kind = kind
    self.message = message
    self.retryAfterSeconds = retryAfterSeconds
  }

  public var description: String { message }
}

extension DownloadFailure {
  /// The last system error.
  static func system(_ what: String, _ path: String) -> DownloadFailure {
    DownloadFailure(.local, "cannot \(what) \(path): \(errorText())")
  }
}
