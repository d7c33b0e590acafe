// `moaa reset`: move a consumer group back, to fold part of the log again.

import Arguments
import LogStore
import Pipeline

enum ResetCommand: Subcommand {
  static let declaration = Command(
    "reset", "Move a consumer group back, or forget what was backfilled.",
    positionals: [
      Positional("GROUP", .one, "The group, as `moaa status` names it, or backfill.")
    ],
    options: [
      .value(
        "to", "POSITION",
        "An offset, an append time (UTC), or earliest. Required for hourly."),
      .flag("dry-run", "Only say what would happen."), CommonOptions.store,
    ],
    discussion: """
      Hours that began at or after the position are forgotten and made again by the next `moaa \
      aggregate`, with higher revisions; hours that began before it stay. After a reset to earliest \
      another rule may be chosen.

      `moaa reset backfill` forgets the results of all files that were backfilled, and their rule. The \
      next `moaa backfill` reads its files again.

      `moaa reset mysql.NAME` gives a database up: retention waits for it no longer. Nothing changes in \
      the database, and the next `moaa sync mysql` goes on from what that says. `moaa reset kafka.NAME` \
      does so for a push to Kafka.
      """,
    examples: [
      "moaa reset hourly --to earliest", "moaa reset backfill", "moaa reset mysql.weather",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let group = arguments.positionals("GROUP")[0]
    if group == GroupName.backfill { return try forgetBackfill(arguments) }
    if group.hasPrefix(SyncMySQLCommand.groupPrefix)
      || group.hasPrefix(SyncKafkaPushCommand.groupPrefix)
    {
      return try forgetTarget(group, arguments)
    }
    guard
      let position = try arguments.value(
        "to", expecting: "an offset, a time or earliest", { LogPosition($0) })
    else { throw UsageError(message: "--to is missing: name an offset, a time or earliest") }
    let isRehearsal = arguments.flag("dry-run")
    let store = try CommonOptions.openStore(arguments, isRehearsal ? .readOnly : .existing)
    defer { store.close() }
    let reset = try CommonOptions.named {
      try GroupReset.run(group: group, to: position, in: store, isRehearsal: isRehearsal)
    }
    Message.plain(
      "group \(group): offset \(reset.from) \(isRehearsal ? "would become" : "became") \(reset.to); "
        + "\(reset.forgottenCount) windows \(isRehearsal ? "would be" : "were") forgotten")
    if reset.keptCount > 0 {
      Message.warning(
        "\(reset.keptCount) windows hold records from before offset \(reset.to): they stay as they "
          + "are, made under the rule of then")
      if reset.straddlingCount > 0 {
        Message.warning(
          "\(reset.straddlingCount) of them also hold records from then on, so the rule cannot change"
        )
      }
    }
    if !isRehearsal { Message.plain("`moaa aggregate` folds the log again from there") }
    return .success
  }

  private static func forgetTarget(
    _ group: String, _ arguments: ParsedArguments
  ) throws -> ExitCode {
    guard !arguments.isGiven("to") else {
      throw UsageError(
        message:
          "--to: the other side says itself how far it is; leave the option out to give it up")
    }
    let isRehearsal = arguments.flag("dry-run")
    let store = try CommonOptions.openStore(arguments, isRehearsal ? .readOnly : .existing)
    defer { store.close() }
    let isKnown = try store.read { try $0.checkpoints().contains { $0.group == group } }
    guard isKnown else { throw UsageError(message: "there is no consumer group \(group)") }
    if !isRehearsal { try store.write { try $0.removeGroup(group) } }
    Message.plain("group \(group) \(isRehearsal ? "would be" : "was") forgotten")
    return .success
  }

  private static func forgetBackfill(_ arguments: ParsedArguments) throws -> ExitCode {
    guard ["earliest", nil].contains(arguments.value("to")) else {
      throw UsageError(message: "--to: a backfill has no offsets; leave the option out")
    }
    let isRehearsal = arguments.flag("dry-run")
    let store = try CommonOptions.openStore(arguments, isRehearsal ? .readOnly : .existing)
    defer { store.close() }
    let count =
      try isRehearsal
      ? store.read { try BackfillResults.counts($0).contentCount } : Backfill.forgetAll(in: store)
    let were = isRehearsal ? "would be" : count == 1 ? "was" : "were"
    Message.plain("\(NumberText.count(Int64(count), "file content")) \(were) forgotten")
    return .success
  }
}
