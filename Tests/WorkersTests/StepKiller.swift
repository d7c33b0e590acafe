// Kills members of a group at steps of their work, which are seen by what they ask of the brokers.

import Foundation
import Glibc
import Synchronization
import TestSupport

/// Armed with some steps at a time; at each the first member that comes to it dies there.
final class StepKiller: Sendable {
  struct Step: Hashable, CustomStringConvertible {
    enum Moment: String, CaseIterable {
      /// The broker never gets the request.
      case before
      /// The broker has done what was asked, and the member does not know.
      case after
      /// The member has just got the answer.
      case onAnswer = "on the answer of"
    }
    let moment: Moment
    let request: FaultProxy.Request

    var description: String { "\(moment.rawValue) \(request)" }
  }

  /// All that a member does, from joining to what follows a commit.
  static let steps: [Step] = {
    let requests: [FaultProxy.Request] = [
      .joinGroup, .syncGroup, .offsetFetch, .initProducerID, .listOffsets, .fetch, .heartbeat,
      .addPartitions, .produce, .addOffsets, .offsetCommitInTransaction, .endTransaction,
    ]
    return requests.flatMap { request in
      Step.Moment.allCases.map { Step(moment: $0, request: request) }
    }
  }()

  private struct Armed {
    /// How often the step goes by first.
    var skips: Int
    /// Microseconds between an answer and the death on it.
    let pause: UInt32
  }

  private struct State {
    var armed: [Step: Armed] = [:]
    /// Of members that live, by `client.id`; 0 for one that is being started.
    var pids: [String: pid_t] = [:]
  }
  private let state = Mutex(State())

  init(_ proxy: FaultProxy) {
    proxy.setFault { [self] request, client in fault(at: request, of: client) ?? .none }
  }

  func arm(_ step: Step, skipping count: Int, pause: UInt32) {
    state.withLock { $0.armed[step] = Armed(skips: count, pause: pause) }
  }

  /// Steps that nobody has come to yet.
  var armed: Set<Step> { state.withLock { Set($0.armed.keys) } }
  func disarm() { state.withLock { $0.armed = [:] } }

  /// Only members that were started by this are killed.
  func start(_ member: MemberProcess) throws {
    let client = member.nextClient
    state.withLock { $0.pids[client] = 0 }
    try member.start()
    let pid = member.pid
    state.withLock { $0.pids[client] = pid }
  }

  private func fault(at request: FaultProxy.Request, of client: String) -> FaultProxy.Fault? {
    state.withLock { state in
      guard state.pids[client] != nil else { return nil }
      var due: (step: Step, pause: UInt32)?
      for (step, armed) in state.armed where step.request == request && due == nil {
        if armed.skips > 0 {
          state.armed[step]?.skips -= 1
        } else {
          due = (step, armed.pause)
        }
      }
      guard let (step, pause) = due else { return nil }
      state.armed[step] = nil
      FaultTally.note("processes killed")
      switch step.moment {
      case .before: return .callInstead { [self] in kill(client) }
      case .after: return .callAfter { [self] in kill(client) }
      case .onAnswer:
        return .callAfter { [self] in
          Thread { [self] in
            usleep(pause)
            kill(client)
          }.start()
        }
      }
    }
  }

  private func kill(_ client: String) {
    // The process may be quicker than who started it.
    while state.withLock({ $0.pids[client] }) == 0 { usleep(100) }
    if let pid = state.withLock({ $0.pids.removeValue(forKey: client) }) {
      _ = Glibc.kill(pid, SIGKILL)
    }
  }
}
