// `moaa replay`: fold the raw log again, and compare.

import Aggregation
import Arguments
import LogStore
import Pipeline

enum ReplayCommand: Subcommand {
  static let declaration = Command(
    "replay", "Fold the raw log again into a store of its own, and print the result hash.",
    options: [
      .value(
        "from", "POSITION", "An offset, an append time (UTC), or earliest.", default: "earliest"),
      .flag("verify", "Compare figures and emissions, byte for byte, with what the store holds."),
      CommonOptions.format, CommonOptions.store, CommonOptions.rule[0],
    ],
    discussion: """
      Reads up to the aggregation's checkpoint and changes nothing in the store. The result hash \
      is the SHA-256 of what `moaa hours --format csv` and then `moaa hours --by-station --format \
      csv` print. Without --quality the rule is the store's; with another one, the hash tells what \
      the hours would be under it. Exit code 3: --verify found a difference.
      """, examples: ["moaa replay --verify", "moaa replay --from 2026-11-24T08:00"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let position = try arguments.value(
      "from", expecting: "an offset, a time or earliest"
    ) { LogPosition($0) }
    if let position {
      try store.read { view in
        let topic = try view.topic(TopicName.raw)
        _ = try CommonOptions.named { try position.offset(in: topic, view) }
      }
    }
    // The rule of the store, unless one is asked for.
    let rule = arguments.isGiven("quality") ? try ruleOfStore(arguments, store) : nil
    let verify = arguments.flag("verify")
    let report = try Replay(store: store, rule: rule).run(
      from: position ?? .earliest, verify: verify,
      onProgress: {
        Message.transient("replaying  offset \($0) of \($1)")
      }, shouldStop: { Interruption.isRequested })
    Message.endTransient()
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      ["from", "until", "records", "result_hash"]
        + (verify ? ["windows_compared", "emissions_compared", "differences"] : []))
    try table.add(
      [
        .number(report.from.rawValue), .number(report.until.rawValue), .number(report.recordCount),
        .text(report.resultHash),
      ]
        + (verify
          ? [
            .number(report.windowCount), .number(report.emissionCount),
            .number(report.differenceCount),
          ] : []))
    try table.finish()
    guard verify else { return .success }
    if let reason = report.emissionsNotCompared {
      Message.warning("emissions were not compared: \(reason)")
    }
    if report.olderWindowCount > 0 {
      Message.warning(
        "\(report.olderWindowCount) windows hold records from before offset \(report.from) and "
          + "were not compared")
    }
    if report.aheadWindowCount > 0 {
      Message.warning(
        "\(report.aheadWindowCount) windows that a reset kept hold records from offset "
          + "\(report.until) on and were not compared: `moaa aggregate` folds those again")
    }
    for difference in report.differences { Message.error(difference) }
    if report.differenceCount > 0 {
      Message.error("the replay differs from the store in \(report.differenceCount) places")
      return .checkFailed
    }
    if report.windowCount == 0, report.emissionCount == 0 {
      Message.warning("there was nothing to compare")
    } else if report.olderWindowCount > 0 || report.aheadWindowCount > 0
      || report.emissionsNotCompared != nil
    {
      Message.plain("verified in part: what was compared is the same")
    } else {
      Message.plain("verified: the replay gives the same bytes")
    }
    return .success
  }

  /// The store's rule with the quality that is asked for.
  private static func ruleOfStore(
    _ arguments: ParsedArguments, _ store: LogStore
  ) throws -> AggregationRule? {
    guard let fingerprint = try store.read({ try HourlyResults.fingerprint($0) }),
      var rule = AggregationRule(fingerprint: fingerprint)
    else { return nil }
    rule.quality = CommonOptions.quality(arguments)
    return rule
  }
}
