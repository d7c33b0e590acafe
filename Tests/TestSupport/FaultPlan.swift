// Faults at seeded requests, counted.

import Foundation
import Synchronization

/// Decides for a `FaultProxy` which requests fail, and how.
public final class FaultPlan: Sendable {
  private struct State {
    var generator: SeededGenerator
    var isOn = false
    var counts: [String: Int] = [:]
  }
  private let state: Mutex<State>
  private let requests: Set<FaultProxy.Request>
  private let oneIn: Int

  /// - Parameter oneIn: how many requests of the kinds come to one that fails.
  public init(seed: UInt64, oneIn: Int, requests: Set<FaultProxy.Request>) {
    state = Mutex(State(generator: SeededGenerator(seed: seed)))
    self.oneIn = oneIn
    self.requests = requests
  }

  public func turn(on isOn: Bool) { state.withLock { $0.isOn = isOn } }

  /// By request and kind of fault.
  public var counts: [String: Int] { state.withLock { $0.counts } }
  public var total: Int { counts.values.reduce(0, +) }

  public func fault(at request: FaultProxy.Request) -> FaultProxy.Fault {
    guard requests.contains(request) else { return .none }
    return state.withLock { state in
      guard state.isOn, state.generator.oneIn(oneIn) else { return .none }
      // A coordinator of the proxy's own can move; other brokers only go away.
      let kindCount = request.isOfMember ? 5 : 4
      let kind = Int.random(in: 0..<kindCount, using: &state.generator)
      state.counts[
        "\(request) \(["cut before", "cut after", "delayed", "held", "refused"][kind])", default: 0] +=
        1
      switch kind {
      case 0: return .cutBefore
      case 1: return .cutAfter
      case 2: return .delay(seconds: 0.05)
      case 3: return .hold(seconds: 0.15)
      default: return .refuse(code: GroupCoordinator.Code.notCoordinator)
      }
    }
  }
}
