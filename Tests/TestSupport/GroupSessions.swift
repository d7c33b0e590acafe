// Corrects another fault of the broker that tests run on.

import Foundation
import Glibc

/// noida-db 0.2.3 never misses a member of a group that dies: others who join wait for it without end.
/// Kafka's coordinator puts a member out that was not heard of for the time of its session. This does the
/// same from outside: it listens to what members send, and says LeaveGroup for those that fall silent.
/// Source: Kafka's protocol guide, JoinGroup, Heartbeat and LeaveGroup.
final class GroupSessions: @unchecked Sendable {
  // Sendable by hand: `members` is guarded by `lock`.
  struct Member: Hashable {
    let group: [UInt8]
    let id: [UInt8]
  }

  private let lock = NSLock()
  private var members: [Member: ContinuousClock.Instant] = [:]
  private var hasEnded = false
  private let send: @Sendable ([UInt8]) -> Void
  private static let sessionTime = Duration.seconds(6)

  /// - Parameter send: sends a request to the broker, and waits for what it answers.
  init(send: @escaping @Sendable ([UInt8]) -> Void) {
    self.send = send
    Thread { [self] in
      while !lock.withLock({ hasEnded }) {
        usleep(250_000)
        for member in takeSilent() { send(Self.leaveGroup(member)) }
      }
    }.start()
  }

  func stop() { lock.withLock { hasEnded = true } }

  private func takeSilent() -> [Member] {
    lock.withLock {
      let now = ContinuousClock.now
      let silent = members.filter { now - $0.value > Self.sessionTime }.map(\.key)
      for member in silent { members[member] = nil }
      return silent
    }
  }

  /// Looks at a request, its length before it.
  func note(_ frame: [UInt8]) {
    let key = Int(frame[4]) << 8 | Int(frame[5])
    guard [11, 12, 13, 14].contains(key) else { return }
    var position = 12
    func text() -> [UInt8]? {
      guard position + 2 <= frame.count else { return nil }
      let count = Int(Int16(bitPattern: UInt16(frame[position]) << 8 | UInt16(frame[position + 1])))
      position += 2
      guard count >= 0 else { return [] }
      guard position + count <= frame.count else { return nil }
      defer { position += count }
      return Array(frame[position..<(position + count)])
    }
    // The client's name, then the group.
    guard text() != nil, let group = text() else { return }
    switch key {
    // Session and rebalance time; generation.
    case 11: position += 8
    case 12, 14: position += 4
    default: break
    }
    guard let id = text(), !id.isEmpty else { return }
    let member = Member(group: group, id: id)
    lock.withLock { members[member] = key == 13 ? nil : .now }
  }

  private static func leaveGroup(_ member: Member) -> [UInt8] {
    func short(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
    var body = short(13) + short(0) + [0, 0, 0, 1] + short(5) + Array("tests".utf8)
    for text in [member.group, member.id] { body += short(text.count) + text }
    return [0, 0] + short(body.count) + body
  }
}
