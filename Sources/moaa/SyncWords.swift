// What a sync tells, in words: for a person, and for the log of `moaa up`.

import KafkaSync
import LogStore
import MySQLSync
import Pipeline

/// One thing to tell.
struct EventLine {
  var isWarning = false
  let text: String
}

enum MySQLWords {
  /// nil for what only shows how far it is.
  static func line(_ event: StreamSync.Event) -> EventLine? {
    switch event {
    case .creates(_, let statement): EventLine(text: "running: \(statement);")
    case .adopts(let other): EventLine(text: "taking over what store \(other) has filled")
    case .beginsSnapshot(let reason): EventLine(text: "sending all hours: \(reason)")
    case .retries(let failure): EventLine(isWarning: true, text: "trying again: \(failure)")
    case .committed, .sendsHours: nil
    }
  }
}

enum KafkaPushWords {
  /// nil for what only shows how far it is.
  static func line(_ event: PushEvent) -> EventLine? {
    switch event {
    case .created(let topic, let partitions, let settings):
      let words = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return EventLine(
        text: "made topic \(topic) with \(NumberText.count(Int64(partitions), "partition")), "
          + words.joined(separator: ", "))
    case .differs(let topic, let setting, let found, let expected):
      return EventLine(
        isWarning: true,
        text: "topic \(topic) has \(setting)=\(found), not \(expected); it is left as it is")
    case .settingsUnknown(let topic, let failure):
      return EventLine(
        isWarning: true, text: "the settings of topic \(topic) cannot be compared: \(failure)")
    case .begins(let offset):
      return EventLine(text: "nothing was sent yet: beginning at offset \(offset)")
    case .adopts(let offset, let reason):
      return EventLine(isWarning: true, text: "\(reason); going on at offset \(offset)")
    case .passesGap(let from, let to):
      return EventLine(
        isWarning: true,
        text: "offsets \(from) to \(to + -1) were never sent and are gone; going on at offset \(to)"
      )
    case .refused(let offset, let reason):
      return EventLine(
        isWarning: true, text: "offset \(offset) goes to \(TopicName.quarantine): \(reason)")
    case .retries(let failure):
      return EventLine(isWarning: true, text: "trying again: \(failure)")
    case .committed: return nil
    }
  }
}
