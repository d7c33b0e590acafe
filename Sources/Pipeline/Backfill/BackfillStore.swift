// What backfill keeps in a store, and how it is changed.
//
// | group | key, block | value |
// | --- | --- | --- |
// | `backfill` | station, content number | the station's partial of that content |
// | `backfill.contents` | content id, 0 | a `ContentRecord` |
// | `backfill.files` | path, 0 | a `FileRecord` |
// | `backfill.rule` | nothing, 0 | the rule's fingerprint |

import Aggregation
import LogStore
import Observations

extension GroupName {
  /// The partial results of `moaa backfill`.
  public static let backfill = "backfill"
  static let backfillContents = "backfill.contents"
  static let backfillFiles = "backfill.files"
  static let backfillRule = "backfill.rule"
  static let allOfBackfill = [backfill, backfillContents, backfillFiles, backfillRule]
}

enum BackfillStore {
  // MARK: The rule

  /// The rule of what is there; nil when there is nothing.
  static func rule(_ view: ReadTransaction) throws -> BackfillRule? {
    let stored = try withRemedy {
      try view.state(group: GroupName.backfillRule, key: [], block: 0)
    }
    guard let bytes = stored else {
      return nil
    }
    let fingerprint = String(decoding: bytes, as: UTF8.self)
    guard let rule = BackfillRule(fingerprint: fingerprint) else {
      throw StoreError(
        .laterVersion,
        "the backfill in this store was made under a rule that this moaa does not know: "
          + fingerprint, remedy: "Use the version that made it, or `moaa reset backfill`")
    }
    return rule
  }

  /// Settles the rule before the first partial. One under which nothing has been kept yet, because no file
  /// could be read, binds nobody.
  /// - Throws: `JobRuleChanged` when there are contents of another.
  static func settle(_ rule: BackfillRule, in transaction: WriteTransaction) throws {
    if let stored = try self.rule(transaction) {
      if stored == rule { return }
      guard try contents(transaction).isEmpty else {
        throw JobRuleChanged(
          stored: stored.fingerprint, wanted: rule.fingerprint,
          remedy: "moaa reset \(GroupName.backfill)")
      }
    }
    try transaction.setState(
      group: GroupName.backfillRule, key: [], block: 0, value: Array(rule.fingerprint.utf8))
  }

  // MARK: Files and contents

  static func files(_ view: ReadTransaction) throws -> [FileKey: FileRecord] {
    var files: [FileKey: FileRecord] = [:]
    try forEachState(GroupName.backfillFiles, in: view) { key, _, value in
      let key = FileKey(bytes: key)
      guard let record = FileRecord(value) else { throw damaged("of the file \(key)") }
      files[key] = record
    }
    return files
  }

  static func contents(_ view: ReadTransaction) throws -> [ContentID: ContentRecord] {
    var contents: [ContentID: ContentRecord] = [:]
    try forEachState(GroupName.backfillContents, in: view) { key, _, value in
      guard let id = ContentID(Array(key)), let record = ContentRecord(Array(value)) else {
        throw damaged("of a content")
      }
      contents[id] = record
    }
    return contents
  }

  static func save(
    _ file: FileRecord, at key: FileKey, in transaction: WriteTransaction
  ) throws {
    try transaction.setState(
      group: GroupName.backfillFiles, key: key.bytes, block: 0, value: file.encoded())
  }

  static func removeFile(_ key: FileKey, in transaction: WriteTransaction) throws {
    try transaction.removeState(group: GroupName.backfillFiles, key: key.bytes, block: 0)
  }

  static func save(_ content: FoldedContent, in transaction: WriteTransaction) throws {
    for (station, value) in content.stations {
      try transaction.setState(
        group: GroupName.backfill, key: station, block: content.id.number, value: value)
    }
    try transaction.setState(
      group: GroupName.backfillContents, key: content.id.bytes, block: 0,
      value: content.record.encoded())
    for batch in content.refusedRows {
      try transaction.append(batch, to: TopicName.quarantine)
    }
  }

  static func removeContent(
    _ id: ContentID, _ record: ContentRecord, in transaction: WriteTransaction
  ) throws {
    for station in record.stations {
      try transaction.removeState(group: GroupName.backfill, key: station, block: id.number)
    }
    try transaction.removeState(group: GroupName.backfillContents, key: id.bytes, block: 0)
  }

  // MARK: Damage

  private static let remedy =
    "Make it again: `moaa reset \(GroupName.backfill)`, then `moaa backfill`"

  static func damaged(_ what: String) -> StoreError {
    StoreError(.damaged, "what backfill keeps \(what) does not decode", remedy: remedy)
  }

  /// The store's own walk, whose remedy is that of groups which read the log.
  static func forEachState(
    _ group: String, key: [UInt8]? = nil, in view: ReadTransaction,
    _ body: (UnsafeRawBufferPointer, Int64, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try withRemedy { try view.forEachState(group: group, key: key, body) }
  }

  private static func withRemedy<R>(_ read: () throws -> R) throws -> R {
    do { return try read() } catch let error as StoreError where error.code == .damaged {
      throw StoreError(.damaged, error.message, remedy: remedy)
    }
  }
}
