// The options of whoever feeds observations, declared and read in one place.

import Arguments
import Downloads
import Observations
import Sockets

enum FeedOptionSet {
  static let declarations: [Option] = [
    .value(
      "day", "DATE", "Only the observations of this day; without PATH, those that were downloaded."),
    CacheOptions.cache,
    .value("from", "TIME", "Begin with the observations of this time."),
    .value("until", "TIME", "End before this time."),
    .value(
      "speed", "SPEED", "How fast event time goes: `60x` is an hour a minute; `max` does not wait."),
    .value(
      "step", "DURATION", "Send so much event time at once …", default: "10m"),
    .value(
      "every", "DURATION", "… each time after so long, as the simulator did that moaa replaces.",
      default: "30s"),
  ]

  /// What to feed: the paths that were named, else what was downloaded of the day.
  /// - Returns: nothing when neither was said.
  /// - Throws: `DownloadFailure` when nothing of the day is there, with the command that fetches it.
  static func paths(_ arguments: ParsedArguments) throws -> [String] {
    let paths = arguments.positionals("PATH")
    guard paths.isEmpty else {
      guard !arguments.isGiven("cache") else {
        throw UsageError(message: "--cache is for --day without PATH")
      }
      return paths
    }
    guard let day = try day(arguments) else { return [] }
    return try DayFiles.paths(
      day.dayIndex, in: DownloadCache(try CacheOptions.folder(arguments)))
  }

  private static func day(_ arguments: ParsedArguments) throws -> Timestamp? {
    try arguments.value(
      "day", expecting: "a day such as 2022-06-24",
      { $0.utf8.count == 10 ? Timestamp(argument: $0) : nil })
  }

  /// What the feed is known by; nil for the name that its content gives. A day has the day's: what comes
  /// to it later goes on, and anything else that differs is refused.
  static func source(_ arguments: ParsedArguments) throws -> SourceLabel? {
    if let name = try arguments.value(
      "name", expecting: "1 to 120 letters, digits or ._:/-", { SourceLabel($0) })
    {
      return name
    }
    guard let day = try day(arguments), !arguments.isGiven("from"), !arguments.isGiven("until")
    else { return nil }
    return SourceLabel("day-\(day.description.prefix(10))")
  }

  static func pace(_ arguments: ParsedArguments) throws -> Pace {
    if let speed = arguments.value("speed") {
      for name in ["step", "every"] where arguments.isGiven(name) {
        throw UsageError(message: "--speed and --\(name) do not go together")
      }
      if speed == "max" { return .max }
      let digits = speed.hasSuffix("x") ? speed.dropLast() : speed[...]
      guard let value = Double(digits), value > 0, value.isFinite else {
        throw UsageError(message: "--speed: expected a number such as 60x, or max: \(speed)")
      }
      return .speed(value)
    }
    let expected = "a duration such as 30s or 10m"
    let positive = { (text: String) in Duration.seconds(text).flatMap { $0 > 0 ? $0 : nil } }
    let step = try arguments.value("step", expecting: expected, positive) ?? 600
    let every = try arguments.value("every", expecting: expected, positive) ?? 30
    return .steps(stepSeconds: step, everySeconds: Double(every))
  }

  static func eventTimes(_ arguments: ParsedArguments) throws -> Range<Int64> {
    var (from, until) = (Int64.min, Int64.max)
    let expected = "a time such as 2022-06-24T08:00"
    if let day = try day(arguments) {
      from = day.secondsSinceEpoch
      until = from + 86_400
    }
    if let time = try arguments.value("from", expecting: expected, { Timestamp(argument: $0) }) {
      from = max(from, time.secondsSinceEpoch)
    }
    if let time = try arguments.value("until", expecting: expected, { Timestamp(argument: $0) }) {
      until = min(until, time.secondsSinceEpoch)
    }
    guard from < until else {
      throw UsageError(message: "--day, --from and --until leave no time between them")
    }
    return from..<until
  }
}
