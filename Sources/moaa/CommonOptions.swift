// Options that several commands share, declared and read in one place.

import Aggregation
import Arguments
import Glibc
import LogStore
import Observations
import Pipeline

enum CommonOptions {
  static let store = Option.value(
    "store", "PATH", "The store file (default: $MOAA_STORE, else ./moaa.store).")
  static let format = Option.value(
    "format", "FORMAT", "How results are written.", default: "table",
    choices: OutputFormat.allCases.map(\.rawValue))
  static let inputFormat = Option.value(
    "input-format", "FORMAT",
    "The format of all files. Without it, each is recognised from its first bytes.",
    choices: ObservationFormat.allCases.map(\.rawValue))
  static let commitRecords = Option.value(
    "commit-records", "N",
    "Records a transaction holds at most. Changes no result, only what a crash has to repeat.")
  static let sizeLimit = Option.value(
    "store-limit", "BYTES",
    "Refuse to let the store grow beyond this; a number with k, M or G, in units of 1000.")

  static let qualityRule = Option.value(
    "quality", "RULE",
    "Which temperatures count: `passed` refuses missing values and the quality codes for "
      + "suspect and erroneous (of ISD 2, 3, 6, 7); `all` refuses missing values only.",
    default: "passed", choices: QualityRule.allCases.map(\.rawValue))
  static let delay = Option.value(
    "delay", "DURATION",
    "How far the watermark stays behind the newest observation; an hour is final once it has "
      + "passed.", default: "30m")

  /// The options that make up an aggregation's rule.
  static let rule: [Option] = [
    qualityRule,
    .value(
      "output-mode", "MODE",
      "What is emitted when the input ends: the hours that `changed`, or the `complete` list of "
        + "hours over all stations again, as the pipeline did that moaa replaces.",
      default: "changed", choices: AggregationRule.OutputMode.allCases.map(\.rawValue)),
    delay,
    .value(
      "allowed-lateness", "DURATION",
      "Refuse records that come later than this after their hour was final; without it, every "
        + "record revises its hour, however late."),
  ]

  static func storePath(_ arguments: ParsedArguments) -> String {
    if let path = arguments.value("store") { return path }
    if let path = getenv("MOAA_STORE").map({ String(cString: $0) }), !path.isEmpty { return path }
    return "moaa.store"
  }

  static func openStore(_ arguments: ParsedArguments, _ mode: StoreOptions.Mode) throws -> LogStore
  {
    var limit: Int64?
    if mode == .create {
      limit = try arguments.value(
        "store-limit", expecting: "a number of bytes such as 500M or 20G", ByteCount.parse)
    }
    return try LogStore.open(
      storePath(arguments), StoreOptions(mode: mode, byteCountMax: limit))
  }

  static func inputFormat(_ arguments: ParsedArguments) -> ObservationFormat? {
    arguments.value("input-format").flatMap { ObservationFormat(rawValue: $0) }
  }

  static func outputFormat(_ arguments: ParsedArguments) -> OutputFormat {
    arguments.value("format").flatMap { OutputFormat(rawValue: $0) } ?? .table
  }

  /// An empty id, such as a script's unset variable, would mean all stations together.
  static func station(_ arguments: ParsedArguments) throws -> String? {
    guard let station = arguments.value("station") else { return nil }
    guard !station.isEmpty else {
      throw UsageError(message: "--station: the id is empty; leave the option out for all stations")
    }
    return station
  }

  static func quality(_ arguments: ParsedArguments) -> QualityRule {
    arguments.value("quality").flatMap { QualityRule(rawValue: $0) } ?? .passed
  }

  /// For commands that declare all options of `rule`.
  static func rule(_ arguments: ParsedArguments) throws -> AggregationRule {
    var rule = AggregationRule()
    rule.quality = quality(arguments)
    rule.outputMode =
      arguments.value("output-mode").flatMap { AggregationRule.OutputMode(rawValue: $0) }
      ?? .changed
    let expected = "a duration such as 30m, 6h or 2d"
    if let delay = try arguments.value("delay", expecting: expected, Duration.seconds) {
      rule.delaySeconds = delay
    }
    rule.allowedLatenessSeconds = try arguments.value(
      "allowed-lateness", expecting: expected, Duration.seconds)
    return rule
  }

  /// Looks up a topic, group or offset that was named on the command line: one that does not exist is
  /// the fault of the command line. Others that are missing are a fault of the store.
  static func named<R>(_ lookUp: () throws -> R) throws -> R {
    do {
      return try lookUp()
    } catch let error as StoreError where [.unknown, .offsetOutOfRange].contains(error.code) {
      throw UsageError(message: error.description)
    }
  }

  static func commitRecords(_ arguments: ParsedArguments) throws -> Int? {
    try arguments.integer("commit-records", in: 1...10_000_000).map(Int.init)
  }
}

/// Durations as a person writes them.
enum Duration {
  /// `90`, `90s`, `30m`, `6h`, `7d`, in seconds; nil for anything else.
  static func seconds(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? Substring(text) : text.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let value = Int64(digits), value <= 100_000_000_000 / (unit ?? 1)
    else { return nil }
    return value * (unit ?? 1)
  }
}

/// Sizes as a person writes them.
enum ByteCount {
  /// `1000`, `64k`, `500M`, `20G`, in bytes; nil for anything else.
  static func parse(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["k": 1000, "M": 1_000_000, "G": 1_000_000_000]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? Substring(text) : text.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let value = Int64(digits), value <= Int64.max / 2 / (unit ?? 1)
    else { return nil }
    return value * (unit ?? 1)
  }
}
