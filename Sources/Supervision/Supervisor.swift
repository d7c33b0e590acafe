// Runs components beside each other, starts those again that fail, and ends them in order.
//
// Components stand in stages, in the direction in which records flow. At the end each stage finishes what
// the one before has left, so that nothing is under way when the last has ended.

import Connections
import Dispatch
import Glibc
import Synchronization

public final class Supervisor: Sendable {
  /// What happened to a component.
  public typealias Event = @Sendable (_ component: String, ComponentState) -> Void

  private let stages: [[Task]]
  private let onEvent: Event
  private let fatal = Mutex<(any Error)?>(nil)

  /// A component, with its thread.
  private final class Task: Sendable {
    let component: Component
    let control = ComponentControl()
    let state = Mutex(ComponentState.running)
    let restartCount = Atomic(0)

    init(_ component: Component) { self.component = component }

    var hasEnded: Bool {
      switch state.withLock({ $0 }) {
      case .ended, .failed: true
      case .running, .waiting: false
      }
    }
  }

  /// - Parameters:
  ///   - stages: those that give before those that take.
  ///   - onEvent: told by several threads.
  public init(_ stages: [[Component]], onEvent: @escaping Event) {
    self.stages = stages.map { $0.map { Task($0) } }
    self.onEvent = onEvent
  }

  private var tasks: [Task] { stages.flatMap { $0 } }

  public func start() {
    for task in tasks {
      // A queue of its own has a thread of its own; the shared pool has few, and must not wait.
      DispatchQueue(label: "moaa.\(task.component.name)").async { self.run(task) }
    }
  }

  private func run(_ task: Task) {
    // A failure while it drains is its last: whoever waits for the end would wait without one.
    var backoff = Backoff(firstSeconds: 0.2, longestSeconds: 30)
    while true {
      change(task, .running)
      let started = DispatchTime.now().uptimeNanoseconds
      do {
        try task.component.run(task.control)
        return change(task, .ended)
      } catch {
        if task.component.isFatal(error) {
          fatal.withLock { if $0 == nil { $0 = error } }
          return change(task, .failed(reason: "\(error)"))
        }
        if task.control.isDraining { return change(task, .failed(reason: "\(error)")) }
        // What has run for a minute was well; its next failure is another one.
        if DispatchTime.now().uptimeNanoseconds - started > 60_000_000_000 { backoff.reset() }
        let seconds = backoff.nextSeconds()
        task.restartCount.add(1, ordering: .relaxed)
        change(task, .waiting(seconds: seconds, reason: "\(error)"))
        // Asked to drain, it has one more attempt at once; asked to stop, none.
        _ = Pause.seconds(seconds, shouldStop: { task.control.isDraining })
        if task.control.isStopping { return change(task, .failed(reason: "\(error)")) }
      }
    }
  }

  private func change(_ task: Task, _ state: ComponentState) {
    task.state.withLock { $0 = state }
    onEvent(task.component.name, state)
  }

  // MARK: While it runs

  /// The error that no new start would mend, if there was one.
  public var fatalError: (any Error)? { fatal.withLock { $0 } }

  /// The components that could not go on.
  public var failedNames: [String] {
    standings.compactMap { standing in
      if case .failed = standing.state { return standing.name }
      return nil
    }
  }

  /// Whether a component's work is done.
  public func hasEnded(_ name: String) -> Bool {
    tasks.first { $0.component.name == name }?.hasEnded ?? true
  }

  public struct Standing: Sendable {
    public let name: String
    public let state: ComponentState
    public let restartCount: Int
  }

  public var standings: [Standing] {
    tasks.map {
      Standing(
        name: $0.component.name, state: $0.state.withLock { $0 },
        restartCount: $0.restartCount.load(ordering: .relaxed))
    }
  }

  // MARK: End

  /// Ends stage by stage: each finishes what is there, is stopped when it takes too long, and is given
  /// up when it does not heed that.
  /// - Parameters:
  ///   - drainSeconds: how long a stage may take to finish; nil: as long as it takes.
  ///   - stopSeconds: how long it may take to stop.
  ///   - isUrgent: asked while a stage finishes; true stops it at once.
  /// - Returns: the components that have not ended.
  public func end(
    drainSeconds: Double?, stopSeconds: Double, isUrgent: () -> Bool = { false }
  ) -> [String] {
    var abandoned: [String] = []
    for stage in stages {
      for task in stage { task.control.drain() }
      wait(for: stage, seconds: drainSeconds, isUrgent)
      for task in stage { task.control.stop() }
      wait(for: stage, seconds: stopSeconds) { false }
      abandoned += stage.filter { !$0.hasEnded }.map(\.component.name)
    }
    return abandoned
  }

  private func wait(for stage: [Task], seconds: Double?, _ isUrgent: () -> Bool) {
    let end = seconds.map { ContinuousClock.now + .seconds($0) }
    while stage.contains(where: { !$0.hasEnded }), !isUrgent() {
      if let end, ContinuousClock.now >= end { return }
      usleep(10_000)
    }
  }
}
