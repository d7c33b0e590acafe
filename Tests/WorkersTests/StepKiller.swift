// Kills a member of a group at a step of its work, which is seen by what it asks of the brokers.

import Foundation
import Glibc
import Synchronization
import TestSupport

/// Armed with one step at a time; the first member that comes to it dies there.
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

  private struct State {
    var step: Step?
    var skipped = 0
    var pause: UInt32 = 0
    /// By `client.id`.
    var pids: [String: pid_t] = [:]
  }
  private let state = Mutex(State())

  init(_ proxy: FaultProxy, otherwise: @escaping @Sendable (FaultProxy.Request) -> FaultProxy.Fault)
  {
    proxy.setFault { [self] request, client in
      fault(at: request, of: client) ?? otherwise(request)
    }
  }

  /// - Parameters:
  ///   - skipping: how often the step goes by first.
  ///   - pause: microseconds between an answer and the death on it.
  func arm(_ step: Step, skipping count: Int, pause: UInt32) {
    state.withLock { state in
      state.step = step
      state.skipped = count
      state.pause = pause
    }
  }

  var isArmed: Bool { state.withLock { $0.step != nil } }
  func disarm() { state.withLock { $0.step = nil } }

  /// Only known processes are killed.
  func know(_ member: MemberProcess) {
    let (client, pid) = (member.client, member.pid)
    state.withLock { $0.pids[client] = pid }
  }

  private func fault(at request: FaultProxy.Request, of client: String) -> FaultProxy.Fault? {
    state.withLock { state in
      guard let step = state.step, step.request == request, let pid = state.pids[client] else {
        return nil
      }
      guard state.skipped == 0 else {
        state.skipped -= 1
        return nil
      }
      state.step = nil
      // Its other connections may still bring something, but there is nobody to kill for it.
      state.pids[client] = nil
      FaultTally.note("processes killed")
      let pause = state.pause
      switch step.moment {
      case .before: return .callInstead { kill(pid, SIGKILL) }
      case .after: return .callAfter { kill(pid, SIGKILL) }
      case .onAnswer:
        return .callAfter {
          Thread {
            usleep(pause)
            kill(pid, SIGKILL)
          }.start()
        }
      }
    }
  }
}
