// Attempts of a link, and their end.

import Connections
import LogStore
import Testing

@testable import MySQLSync

@Suite struct TargetLinkTests {
  private static let away = MySQLFailure(number: 2002, sqlState: "HY000", words: "away")

  /// How often a link tries a server that is away, and what it ends with.
  private func attempts(
    sleep: @escaping (Double) -> Bool, shouldStop: @escaping () -> Bool = { false }
  ) -> (count: Int, error: (any Error)?) {
    var count = 0
    let link = TargetLink(
      attemptsMax: 5, backoff: Backoff(sleep: sleep), shouldStop: shouldStop
    ) { () throws(MySQLFailure) in
      count += 1
      throw Self.away
    }
    do {
      try link.run { _ in }
      return (count, nil)
    } catch {
      return (count, error)
    }
  }

  @Test func whatDoesNotPassEndsWithTheFailure() {
    let (count, error) = attempts(sleep: { _ in true })
    #expect(count == 5)
    #expect(error as? MySQLFailure == Self.away)
  }

  @Test func anInterruptedWaitIsAnInterruptionAndNoFailure() {
    let (count, error) = attempts(sleep: { _ in false })
    #expect(count == 1)
    #expect((error as? StoreError)?.code == .interrupted)
  }

  /// The signal came before the wait, or in it but not to the thread that waits.
  @Test(arguments: [true, false]) func noAttemptIsMadeOnceItShallStop(_ isBeforeTheWait: Bool) {
    var hasWaited = false
    let (count, error) = attempts(
      sleep: { _ in
        hasWaited = true
        return true
      }, shouldStop: { isBeforeTheWait || hasWaited })
    #expect(count == 1)
    #expect(hasWaited == !isBeforeTheWait)
    #expect((error as? StoreError)?.code == .interrupted)
  }
}
