// A part of a running system, as its supervisor sees it.

import Synchronization

/// How a component is asked to end.
public final class ComponentControl: Sendable {
  private let draining = Atomic(false)
  private let stopping = Atomic(false)

  init() {}

  /// Whether nothing more will come: finish what is there, then end.
  public var isDraining: Bool { draining.load(ordering: .relaxed) || isStopping }
  /// Whether to end after what has just been begun.
  public var isStopping: Bool { stopping.load(ordering: .relaxed) }

  func drain() { draining.store(true, ordering: .relaxed) }
  func stop() { stopping.store(true, ordering: .relaxed) }
}

/// What runs on a thread of its own, and is started again when it fails.
public struct Component: Sendable {
  public let name: String
  /// Runs until its work is done, or it is asked to end.
  let run: @Sendable (ComponentControl) throws -> Void
  /// Whether starting again after this error would be of no use: then everything ends.
  let isFatal: @Sendable (any Error) -> Bool

  public init(
    _ name: String, isFatal: @escaping @Sendable (any Error) -> Bool = { _ in false },
    run: @escaping @Sendable (ComponentControl) throws -> Void
  ) {
    self.name = name
    self.isFatal = isFatal
    self.run = run
  }
}

/// Where a component stands.
public enum ComponentState: Sendable, Equatable {
  case running
  /// It failed, and will be started again after so long.
  case waiting(seconds: Double, reason: String)
  /// Its work is done, or it was asked to end.
  case ended
  case failed(reason: String)
}
