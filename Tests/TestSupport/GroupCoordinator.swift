// A coordinator of consumer groups, in place of the one of the broker that tests run on.

import Foundation

/// noida-db 0.2.3 never misses a member that dies: others wait for it, and for a leader that is dead,
/// without end; and it does not look at the generation of who commits. So the proxy answers what
/// concerns groups itself, by the rules of Kafka's coordinator: members are put out when they are not
/// heard of for the time of their session, or do not come back for a rebalance; a generation is over when the
/// next one begins; who is of an older one is told so. Offsets are kept by the broker.
///
/// Not there: static members, and topics of the broker's own that would outlive the proxy.
///
/// Source: Kafka's protocol guide, JoinGroup, SyncGroup, Heartbeat, LeaveGroup; Kafka's documentation, "Consumer
/// Rebalance Protocol".
public final class GroupCoordinator: @unchecked Sendable {
  // Sendable by hand: what changes is guarded by `condition`.

  /// Kafka's codes of errors. Source: its protocol guide, "Error Codes".
  enum Code {
    static let none = 0
    static let notCoordinator = 16
    static let illegalGeneration = 22
    static let inconsistentProtocol = 23
    static let unknownMember = 25
    static let rebalanceInProgress = 27
    static let memberIDRequired = 79
  }

  struct Joining {
    var group = ""
    var client = ""
    var member = ""
    /// Whether a member without a name is given one, and comes again with it.
    var isNamedFirst = false
    var sessionTime = Duration.zero
    var rebalanceTime = Duration.zero
    var type = ""
    var protocols: [(name: String, metadata: [UInt8])] = []
  }

  struct Joined {
    var code = Code.none
    var generation = -1
    var protocolName = ""
    var leader = ""
    var member = ""
    /// For the leader alone.
    var members: [(name: String, metadata: [UInt8])] = []
  }

  struct Synced {
    var code = Code.none
    var assignment: [UInt8] = []
  }

  private final class Waiting<Answer> {
    var answer: Answer?
  }

  private final class Member {
    let name: String
    var joining: Joining
    var lastHeard = ContinuousClock.now
    var join: Waiting<Joined>?
    var sync: Waiting<Synced>?
    var assignment: [UInt8] = []

    init(_ name: String, _ joining: Joining) {
      self.name = name
      self.joining = joining
    }
  }

  private final class Group {
    enum Phase { case empty, joining, syncing, stable }
    var phase = Phase.empty
    var generation = 0
    var leader = ""
    var protocolName = ""
    var members: [Member] = []
    /// Names that were given, and not come back with.
    var givenNames: Set<String> = []
    /// When members that have not come back are put out.
    var deadline: ContinuousClock.Instant?

    func member(_ name: String) -> Member? { members.first { $0.name == name } }
  }

  /// What has happened, for tests that want to know that something did.
  public struct Counts: Sendable {
    public var generations = 0
    /// Members that were not heard of for too long.
    public var silentMembers = 0
    /// Members that did not come back for a rebalance.
    public var lateMembers = 0
    /// Requests of members that are none any more, or of an older generation.
    public var refusedRequests = 0
    /// Of these, offsets in a transaction.
    public var refusedOffsets = 0
  }

  private let condition = NSCondition()
  private var groups: [String: Group] = [:]
  private var nameCount = 0
  private var hasEnded = false
  private var counted = Counts()

  init() {
    Thread { [self] in
      while lookForSilent() { usleep(20_000) }
    }.start()
  }

  public var counts: Counts { condition.withLock { counted } }

  /// Members of a group now.
  public func memberCount(of group: String) -> Int {
    condition.withLock { groups[group]?.members.count ?? 0 }
  }

  func stop() {
    condition.withLock {
      hasEnded = true
      condition.broadcast()
    }
  }

  // MARK: Requests; each returns when its answer is there

  func join(_ joining: Joining) -> Joined {
    condition.withLock {
      let group = groups[joining.group] ?? Group()
      groups[joining.group] = group
      var name = joining.member
      if name.isEmpty {
        nameCount += 1
        name = "\(joining.client)-\(nameCount)"
        if joining.isNamedFirst {
          group.givenNames.insert(name)
          return Joined(code: Code.memberIDRequired, member: name)
        }
      } else if group.givenNames.remove(name) == nil, group.member(name) == nil {
        counted.refusedRequests += 1
        return Joined(code: Code.unknownMember, member: name)
      }
      if let other = group.members.first(where: { $0.name != name }),
        other.joining.type != joining.type || commonProtocols(group, joining).isEmpty
      {
        return Joined(code: Code.inconsistentProtocol, member: name)
      }
      let waiting = Waiting<Joined>()
      if let member = group.member(name) {
        member.lastHeard = .now
        member.join?.answer = Joined(code: Code.rebalanceInProgress, member: name)
        let isSame = member.joining.protocols.elementsEqual(joining.protocols, by: ==)
        if isSame, group.phase == .syncing || (group.phase == .stable && name != group.leader) {
          // It has not got the answer.
          return joined(member, group)
        }
        member.joining = joining
        member.join = waiting
      } else {
        let member = Member(name, joining)
        member.join = waiting
        group.members.append(member)
      }
      if group.phase != .joining { beginRebalance(group) }
      completeJoin(group)
      condition.broadcast()
      return wait(waiting) ?? Joined(code: Code.notCoordinator, member: name)
    }
  }

  func sync(
    group name: String, generation: Int, member memberName: String,
    assignments: [String: [UInt8]]
  ) -> Synced {
    condition.withLock {
      let code = check(name, generation, memberName)
      guard code == Code.none, let group = groups[name], let member = group.member(memberName)
      else { return Synced(code: code) }
      member.lastHeard = .now
      switch group.phase {
      case .empty: return Synced(code: Code.unknownMember)
      case .joining: return Synced(code: Code.rebalanceInProgress)
      case .stable: return Synced(assignment: member.assignment)
      case .syncing: break
      }
      member.sync?.answer = Synced(code: Code.rebalanceInProgress)
      let waiting = Waiting<Synced>()
      member.sync = waiting
      if memberName == group.leader {
        group.phase = .stable
        for member in group.members {
          member.assignment = assignments[member.name] ?? []
          member.sync?.answer = Synced(assignment: member.assignment)
          member.sync = nil
          member.lastHeard = .now
        }
        condition.broadcast()
      }
      return wait(waiting) ?? Synced(code: Code.notCoordinator)
    }
  }

  func heartbeat(group name: String, generation: Int, member memberName: String) -> Int {
    condition.withLock {
      let code = check(name, generation, memberName)
      guard code == Code.none, let group = groups[name] else { return code }
      group.member(memberName)?.lastHeard = .now
      return group.phase == .joining ? Code.rebalanceInProgress : Code.none
    }
  }

  func leave(group name: String, member memberName: String) -> Int {
    condition.withLock {
      guard let group = groups[name] else { return Code.unknownMember }
      if group.givenNames.remove(memberName) != nil { return Code.none }
      guard let member = group.member(memberName) else { return Code.unknownMember }
      remove(member, from: group, Code.unknownMember)
      return Code.none
    }
  }

  /// Whether offsets may be committed so.
  func checkOffsets(group name: String, generation: Int, member memberName: String) -> Int {
    condition.withLock {
      let code = check(name, generation, memberName)
      if code == Code.none {
        groups[name]?.member(memberName)?.lastHeard = .now
      } else {
        counted.refusedOffsets += 1
      }
      return code
    }
  }

  // MARK: Rebalances

  private func check(_ name: String, _ generation: Int, _ member: String) -> Int {
    var code = Code.none
    if let group = groups[name], group.member(member) != nil {
      if group.generation != generation { code = Code.illegalGeneration }
    } else {
      code = Code.unknownMember
    }
    if code != Code.none { counted.refusedRequests += 1 }
    return code
  }

  private func beginRebalance(_ group: Group) {
    group.phase = .joining
    for member in group.members {
      member.sync?.answer = Synced(code: Code.rebalanceInProgress)
      member.sync = nil
    }
    group.deadline = .now + (group.members.map(\.joining.rebalanceTime).max() ?? .zero)
    condition.broadcast()
  }

  /// The next generation, once all members have come.
  private func completeJoin(_ group: Group) {
    guard group.phase == .joining, group.members.allSatisfy({ $0.join != nil }) else { return }
    group.deadline = nil
    guard let first = group.members.first else {
      group.phase = .empty
      return
    }
    group.generation += 1
    counted.generations += 1
    group.phase = .syncing
    if group.member(group.leader) == nil { group.leader = first.name }
    group.protocolName = commonProtocols(group, first.joining).first ?? ""
    for member in group.members {
      member.lastHeard = .now
      member.join?.answer = joined(member, group)
      member.join = nil
    }
    condition.broadcast()
  }

  private func joined(_ member: Member, _ group: Group) -> Joined {
    var members: [(name: String, metadata: [UInt8])] = []
    if member.name == group.leader {
      members = group.members.map { one in
        let chosen = one.joining.protocols.first { $0.name == group.protocolName }
        return (one.name, chosen?.metadata ?? [])
      }
    }
    return Joined(
      generation: group.generation, protocolName: group.protocolName, leader: group.leader,
      member: member.name, members: members)
  }

  private func commonProtocols(_ group: Group, _ joining: Joining) -> [String] {
    joining.protocols.map(\.name).filter { name in
      group.members.allSatisfy { $0.joining.protocols.contains { $0.name == name } }
    }
  }

  private func remove(_ member: Member, from group: Group, _ code: Int) {
    member.join?.answer = Joined(code: code, member: member.name)
    member.sync?.answer = Synced(code: code)
    group.members.removeAll { $0 === member }
    if group.phase == .syncing || group.phase == .stable { beginRebalance(group) }
    completeJoin(group)
    condition.broadcast()
  }

  /// - Returns: false when it is over.
  private func lookForSilent() -> Bool {
    condition.withLock {
      let now = ContinuousClock.now
      for group in groups.values {
        // Who waits for an answer is not expected to say more.
        for member in group.members
        where member.join == nil && member.sync == nil
          && now - member.lastHeard > member.joining.sessionTime
        {
          counted.silentMembers += 1
          remove(member, from: group, Code.unknownMember)
        }
        guard group.phase == .joining, let deadline = group.deadline, now > deadline else {
          continue
        }
        for member in group.members where member.join == nil {
          counted.lateMembers += 1
          remove(member, from: group, Code.unknownMember)
        }
      }
      return !hasEnded
    }
  }

  /// - Returns: nil when the coordinator has ended.
  private func wait<Answer>(_ waiting: Waiting<Answer>) -> Answer? {
    while waiting.answer == nil, !hasEnded { condition.wait() }
    return waiting.answer
  }
}
