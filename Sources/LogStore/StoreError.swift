// What can go wrong in a store: a code to switch on, where it happened, and what to do about it.

/// An error of the store.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// There is no store at the path.
    case notFound
    /// The file is not a store of this kind.
    case notAStore
    /// The store was written by a later version.
    case laterVersion
    /// A checksum, hash, offset or page is not what was written.
    case damaged
    /// The disk, or the store's own size limit, is full.
    case full
    /// Another program holds the file.
    case busy
    /// The operating system failed a read, write or sync.
    case io
    /// An earlier write failed in a way that leaves the outcome unknown: reopen the store.
    case failed
    /// A write through a handle that was opened for reading.
    case readOnly
    /// No such topic or consumer group.
    case unknown
    /// An offset outside what the topic holds.
    case offsetOutOfRange
    /// Another writer has moved on from the starting point of this one.
    case fenced
    /// The caller broke a rule of the API that only the data could reveal.
    case invalid
    /// The caller asked to stop.
    case interrupted
  }

  /// What `shouldStop` leads to.
  public static let interrupted = StoreError(.interrupted, "stopped, as was asked for")

  public let code: Code
  public let message: String
  /// What to do about it, as a sentence; empty when there is nothing to add.
  public let remedy: String

  /// SQLite's extended result code, where there was one.
  var sqliteCode: Int32 = 0

  public init(_ code: Code, _ message: String, remedy: String = "") {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  public var description: String {
    remedy.isEmpty ? message : "\(message). \(remedy)"
  }
}
