// Components are started again when they fail, and end in the order in which records flow.

import Synchronization
import Testing

@testable import Supervision

@Suite struct SupervisorTests {
  private struct Broken: Error {}

  private final class Diary: Sendable {
    private let lines = Mutex<[String]>([])
    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  private func waitUntil(_ condition: () -> Bool) async throws {
    for _ in 0..<1000 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
    try #require(condition())
  }

  private func untilDrained(_ name: String, _ diary: Diary) -> Component {
    Component(name) { control in
      while !control.isDraining {}
      diary.note(name)
    }
  }

  @Test func aComponentThatFailsIsStartedAgain() async throws {
    let starts = Atomic(0)
    let diary = Diary()
    let supervisor = Supervisor([
      [
        Component("a") { _ in
          if starts.add(1, ordering: .relaxed).newValue < 3 { throw Broken() }
        }
      ]
    ]) { name, state in
      if case .waiting(let seconds, let reason) = state {
        diary.note("\(name) \(reason) \(seconds > 0)")
      }
    }
    supervisor.start()
    try await waitUntil { supervisor.hasEnded("a") }
    #expect(starts.load(ordering: .relaxed) == 3)
    #expect(diary.all == ["a Broken() true", "a Broken() true"])
    #expect(supervisor.standings.map(\.restartCount) == [2])
    #expect(supervisor.end(drainSeconds: 0, stopSeconds: 0).isEmpty)
  }

  @Test func whatNoNewStartWouldMendIsToldAndNotTriedAgain() async throws {
    let starts = Atomic(0)
    let supervisor = Supervisor([
      [
        Component("a", isFatal: { $0 is Broken }) { _ in
          starts.add(1, ordering: .relaxed)
          throw Broken()
        }
      ]
    ]) { _, _ in }
    supervisor.start()
    try await waitUntil { supervisor.fatalError != nil }
    #expect(starts.load(ordering: .relaxed) == 1)
    #expect(supervisor.standings.map(\.state) == [.failed(reason: "Broken()")])
  }

  @Test func stagesEndInTheirOrder() async throws {
    let diary = Diary()
    let supervisor = Supervisor([
      [untilDrained("first", diary)], [untilDrained("second", diary)],
      [untilDrained("third", diary)],
    ]) { _, _ in }
    supervisor.start()
    #expect(supervisor.end(drainSeconds: nil, stopSeconds: 1).isEmpty)
    #expect(diary.all == ["first", "second", "third"])
  }

  @Test func whoDoesNotFinishIsStoppedAndWhoDoesNotStopIsGivenUp() async throws {
    let release = Atomic(false)
    let supervisor = Supervisor([
      [
        Component("slow") { control in while !control.isStopping {} },
        Component("deaf") { _ in while !release.load(ordering: .relaxed) {} },
      ]
    ]) { _, _ in }
    supervisor.start()
    #expect(supervisor.end(drainSeconds: 0.05, stopSeconds: 0.5) == ["deaf"])
    release.store(true, ordering: .relaxed)
    try await waitUntil { supervisor.hasEnded("deaf") }
  }

  @Test func whatFailsWhileItDrainsIsNotWaitedForWithoutEnd() async throws {
    let supervisor = Supervisor([[Component("a") { _ in throw Broken() }]]) { _, _ in }
    supervisor.start()
    try await waitUntil { supervisor.standings[0].restartCount > 0 }
    #expect(supervisor.end(drainSeconds: nil, stopSeconds: 0).isEmpty)
    #expect(supervisor.failedNames == ["a"])
  }

  @Test func aComponentThatWaitsForItsNextStartEndsAtOnce() async throws {
    let supervisor = Supervisor([[Component("a") { _ in throw Broken() }]]) { _, _ in }
    supervisor.start()
    try await waitUntil { supervisor.standings[0].restartCount > 0 }
    #expect(supervisor.end(drainSeconds: 0, stopSeconds: 5).isEmpty)
  }
}
