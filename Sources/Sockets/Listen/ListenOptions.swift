// How a listener runs.

import Glibc

public struct ListenOptions: Sendable {
  /// Where feeders connect; nil: nowhere.
  public var stream: SocketPath?
  /// Where datagrams are taken, which nobody acknowledges; nil: nowhere.
  public var datagram: SocketPath?
  /// The rights of the sockets.
  public var mode: mode_t = 0o600
  /// How often changed hours are asked for, when records have come.
  public var triggerMilliseconds: Int64 = 5_000
  /// After so long without a record the watermark no longer stays behind the newest; nil: never.
  public var idleMilliseconds: Int64? = 60_000
  /// A line waits at most so long for others that are committed with it.
  public var lingerMilliseconds: Int64 = 20
  /// A transaction holds at most so many lines.
  public var linesPerCommit = 65_536
  /// Connections at once.
  public var connectionCountMax = 64
  /// Told after each commit, with what has been received since the listener began.
  public var onCommit: (@Sendable (ListenCounts) -> Void)?
  /// Told what somebody should know.
  public var tell: @Sendable (String) -> Void = { _ in }
  /// Told once the sockets are open.
  public var onReady: @Sendable () -> Void = {}
  /// Asked several times a second.
  public var shouldStop: @Sendable () -> Bool = { false }

  public init() {}

  /// A line holds at most so many bytes: ten times what the widest row of NCEI's gives.
  public static let lineByteCountMax = 64 << 10
  /// A peer that does not read its answers is not read from any more once it owes so many bytes.
  static let answerByteCountMax = 64 << 10
  /// Answers about bad lines that a peer gets between two commits; the rest is only counted and kept.
  static let badAnswerCountMax = 100
}

/// What a listener has received.
public struct ListenCounts: Sendable, Equatable {
  /// Lines that are in the raw topic.
  public var recordCount: Int64 = 0
  /// Lines that are in quarantine.
  public var refusedCount: Int64 = 0
  /// Connections now.
  public var connectionCount = 0
  /// Control records written.
  public var controlCount: Int64 = 0

  public init() {}
}
