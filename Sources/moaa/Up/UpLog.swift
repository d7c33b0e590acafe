// What `moaa up` tells: lines for a person on a terminal, JSON lines otherwise. On standard error.

import Glibc
import LogStore
import Synchronization

/// Told by several threads.
final class UpLog: Sendable {
  enum Level: String { case info, warning, error }

  private let isForPeople: Bool
  private let clock: WallClock
  private let lock = Mutex(())

  init(isForPeople: Bool = Message.isTerminal, clock: WallClock = .system) {
    self.isForPeople = isForPeople
    self.clock = clock
  }

  func tell(_ component: String, _ level: Level, _ text: String) {
    lock.withLock { _ in
      guard isForPeople else {
        return Message.plain(
          line([
            ("level", .text(level.rawValue)), ("component", .text(component)),
            ("message", .text(text)),
          ]))
      }
      Message.endTransient()
      switch level {
      case .info: Message.plain("\(component): \(text)")
      case .warning: Message.warning("\(component): \(text)")
      case .error: Message.error("\(component): \(text)")
      }
    }
  }

  func tell(_ component: String, _ text: String) { tell(component, .info, text) }

  func tell(_ component: String, _ line: EventLine) {
    tell(component, line.isWarning ? .warning : .info, line.text)
  }

  /// Where everything stands: a line that the next one replaces, or a JSON line with the figures.
  func show(_ snapshot: UpSnapshot) {
    lock.withLock { _ in
      if isForPeople { return Message.transient(snapshot.line) }
      Message.plain(
        line([("level", .text("info")), ("component", .text("status"))] + snapshot.cells))
    }
  }

  /// How often `show` is of use, in seconds.
  var showSeconds: Double { isForPeople ? 1 : 10 }

  private func line(_ parts: [(name: String, value: Cell)]) -> String {
    let time = (name: "time", value: Cell.text(TimeText.milliseconds(clock.nowMilliseconds())))
    let all = [time] + parts
    return ResultTable.object(all.map(\.name), all.map(\.value))
  }
}
