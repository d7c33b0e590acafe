// Work on a target that may be done again.

import Connections
import LogStore

/// A connection to a target that is made again when it is lost.
///
/// What it is given to do must be right when it is done twice: a lost COMMIT may have taken place.
public final class TargetLink {
  private let makeConnection: () throws(MySQLFailure) -> MySQLConnection
  private let onRetry: (MySQLFailure) -> Void
  private let shouldStop: () -> Bool
  private let attemptsMax: Int
  private var backoff: Backoff
  private var connection: MySQLConnection?

  /// - Parameters:
  ///   - attemptsMax: how often in sequence something is tried that a transient failure ends.
  ///   - shouldStop: whether there shall be no further attempt.
  ///   - onRetry: told what is about to be tried again.
  public init(
    attemptsMax: Int = 12, backoff: Backoff = Backoff(),
    shouldStop: @escaping () -> Bool = { false },
    onRetry: @escaping (MySQLFailure) -> Void = { _ in },
    connect: @escaping () throws(MySQLFailure) -> MySQLConnection
  ) {
    precondition(attemptsMax > 0)
    self.attemptsMax = attemptsMax
    self.backoff = backoff
    self.onRetry = onRetry
    self.shouldStop = shouldStop
    makeConnection = connect
  }

  /// A link to the same target with a connection of its own, as patient as this one.
  public func another() -> TargetLink {
    var fresh = backoff
    fresh.reset()
    return TargetLink(
      attemptsMax: attemptsMax, backoff: fresh, shouldStop: shouldStop, onRetry: onRetry,
      connect: makeConnection)
  }

  /// Does something, and again after a failure that may pass.
  /// - Throws: the failure that does not pass, or what else `body` throws; what it began is rolled
  ///   back. `StoreError.interrupted` when a signal came while it waited.
  public func run<Result>(_ body: (MySQLConnection) throws -> Result) throws -> Result {
    while true {
      do {
        let connection = try current()
        let result = try body(connection)
        backoff.reset()
        return result
      } catch {
        recover(from: error)
        guard let failure = error as? MySQLFailure,
          failure.kind == .transient || failure.isOutcomeUnknown,
          backoff.failureCount + 1 < attemptsMax
        else { throw error }
        onRetry(failure)
        guard !shouldStop(), backoff.wait(), !shouldStop() else { throw StoreError.interrupted }
      }
    }
  }

  /// Does something in a transaction of its own.
  public func transaction<Result>(_ body: (MySQLConnection) throws -> Result) throws -> Result {
    try run { connection in
      try connection.begin()
      let result = try body(connection)
      try connection.commit()
      return result
    }
  }

  private func current() throws(MySQLFailure) -> MySQLConnection {
    if let connection { return connection }
    let made = try makeConnection()
    connection = made
    return made
  }

  /// Leaves a connection without a transaction, or none.
  private func recover(from error: any Error) {
    guard let connection else { return }
    let failure = error as? MySQLFailure
    let isOfNoUse = failure.map { $0.isConnectionLost || $0.isOutcomeUnknown } ?? false
    if isOfNoUse || (try? connection.rollback()) == nil {
      connection.close()
      self.connection = nil
    }
  }
}
