// Requests of members of a group, and their answers, as bytes.

/// Source: Kafka's protocol guide, JoinGroup (to version 5), SyncGroup and Heartbeat (to 3), LeaveGroup (to 2),
/// TxnOffsetCommit (3).
enum GroupRequests {
  private enum Key {
    static let join: Int16 = 11
    static let heartbeat: Int16 = 12
    static let leave: Int16 = 13
    static let sync: Int16 = 14
    static let offsetsInTransaction: Int16 = 28
  }

  /// - Returns: whether `answer` answers it.
  static func isOne(_ frame: RequestFrame) -> Bool {
    switch frame.key {
    case Key.join: frame.version <= 5
    case Key.sync, Key.heartbeat: frame.version <= 3
    case Key.leave: frame.version <= 2
    default: false
    }
  }

  /// Asks the coordinator; returns when it has answered.
  static func answer(_ frame: RequestFrame, _ coordinator: GroupCoordinator) -> [UInt8] {
    switch frame.key {
    case Key.join: join(frame, coordinator)
    case Key.sync: sync(frame, coordinator)
    case Key.heartbeat: heartbeat(frame, coordinator)
    default: leave(frame, coordinator)
    }
  }

  /// As if the coordinator had refused with this code.
  static func refusal(_ frame: RequestFrame, code: Int) -> [UInt8] {
    switch frame.key {
    case Key.join:
      joinAnswer(frame, GroupCoordinator.Joined(code: code))
    case Key.sync: syncAnswer(frame, GroupCoordinator.Synced(code: code))
    default: codeAnswer(frame, code)
    }
  }

  private static func join(_ frame: RequestFrame, _ coordinator: GroupCoordinator) -> [UInt8] {
    var body = frame.body
    var joining = GroupCoordinator.Joining()
    joining.client = frame.client
    joining.group = body.text() ?? ""
    joining.sessionTime = .milliseconds(body.integer(4))
    joining.rebalanceTime =
      frame.version >= 1 ? .milliseconds(body.integer(4)) : joining.sessionTime
    joining.member = body.text() ?? ""
    if frame.version >= 5 { _ = body.text() }
    joining.isNamedFirst = frame.version >= 4
    joining.type = body.text() ?? ""
    for _ in 0..<max(0, body.integer(4)) where !body.isCutOff {
      let name = body.text() ?? ""
      joining.protocols.append((name, body.blob()))
    }
    return joinAnswer(frame, coordinator.join(joining))
  }

  private static func joinAnswer(
    _ frame: RequestFrame, _ joined: GroupCoordinator.Joined
  ) -> [UInt8] {
    var writer = WireWriter(answering: frame.correlation)
    if frame.version >= 2 { writer.integer(0, 4) }
    writer.integer(joined.code, 2)
    writer.integer(joined.generation, 4)
    writer.text(joined.protocolName)
    writer.text(joined.leader)
    writer.text(joined.member)
    writer.integer(joined.members.count, 4)
    for member in joined.members {
      writer.text(member.name)
      if frame.version >= 5 { writer.text(nil) }
      writer.blob(member.metadata)
    }
    return writer.frame
  }

  private static func sync(_ frame: RequestFrame, _ coordinator: GroupCoordinator) -> [UInt8] {
    var body = frame.body
    let group = body.text() ?? ""
    let generation = body.integer(4)
    let member = body.text() ?? ""
    if frame.version >= 3 { _ = body.text() }
    var assignments: [String: [UInt8]] = [:]
    for _ in 0..<max(0, body.integer(4)) where !body.isCutOff {
      let name = body.text() ?? ""
      assignments[name] = body.blob()
    }
    return syncAnswer(
      frame,
      coordinator.sync(
        group: group, generation: generation, member: member, assignments: assignments))
  }

  private static func syncAnswer(
    _ frame: RequestFrame, _ synced: GroupCoordinator.Synced
  ) -> [UInt8] {
    var writer = WireWriter(answering: frame.correlation)
    if frame.version >= 1 { writer.integer(0, 4) }
    writer.integer(synced.code, 2)
    writer.blob(synced.assignment)
    return writer.frame
  }

  private static func heartbeat(
    _ frame: RequestFrame, _ coordinator: GroupCoordinator
  ) -> [UInt8] {
    var body = frame.body
    let group = body.text() ?? ""
    let generation = body.integer(4)
    let member = body.text() ?? ""
    return codeAnswer(
      frame, coordinator.heartbeat(group: group, generation: generation, member: member))
  }

  private static func leave(_ frame: RequestFrame, _ coordinator: GroupCoordinator) -> [UInt8] {
    var body = frame.body
    let group = body.text() ?? ""
    let member = body.text() ?? ""
    return codeAnswer(frame, coordinator.leave(group: group, member: member))
  }

  private static func codeAnswer(_ frame: RequestFrame, _ code: Int) -> [UInt8] {
    var writer = WireWriter(answering: frame.correlation)
    if frame.version >= 1 { writer.integer(0, 4) }
    writer.integer(code, 2)
    return writer.frame
  }

  // MARK: Offsets in a transaction

  /// The broker takes them from anybody.
  /// - Returns: the answer, where the coordinator refuses them; nil where the broker may have them.
  static func refusedOffsets(
    _ frame: RequestFrame, _ coordinator: GroupCoordinator
  ) -> [UInt8]? {
    // Earlier versions do not say who commits.
    guard frame.key == Key.offsetsInTransaction, frame.version == 3 else { return nil }
    var body = frame.body
    body.skipTags()
    _ = body.compactText()
    let group = body.compactText() ?? ""
    // The producer and its epoch.
    _ = body.integer(8)
    _ = body.integer(2)
    let generation = body.integer(4)
    let member = body.compactText() ?? ""
    _ = body.compactText()
    guard generation >= 0, !body.isCutOff else { return nil }
    let code = coordinator.checkOffsets(group: group, generation: generation, member: member)
    guard code != GroupCoordinator.Code.none else { return nil }
    var writer = WireWriter(answering: frame.correlation)
    writer.unsigned(0)
    writer.integer(0, 4)
    let topicCount = body.unsigned()
    writer.unsigned(topicCount)
    for _ in 1..<max(1, topicCount) where !body.isCutOff {
      writer.compactText(body.compactText() ?? "")
      let partitionCount = body.unsigned()
      writer.unsigned(partitionCount)
      for _ in 1..<max(1, partitionCount) where !body.isCutOff {
        writer.integer(body.integer(4), 4)
        writer.integer(code, 2)
        writer.unsigned(0)
        // The offset, the leader's epoch, and a text.
        _ = body.integer(8)
        _ = body.integer(4)
        _ = body.compactText()
        body.skipTags()
      }
      writer.unsigned(0)
      body.skipTags()
    }
    writer.unsigned(0)
    return writer.frame
  }
}
