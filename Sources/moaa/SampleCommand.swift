// `moaa sample`: a generated data set in NOAA's form.

import Arguments
import Glibc
import Observations
import SampleData

enum SampleCommand: Subcommand {
  static let declaration = Command(
    "sample", "Write a generated data set in NOAA's global-hourly form.",
    options: [
      .value("out", "FOLDER", "Where the files go, one a station (default: ./moaa-sample)."),
      .value("stations", "N", "How many stations.", default: "20"),
      .value("start", "DAY", "The first day.", default: "2024-06-20"),
      .value("days", "N", "How many days.", default: "7"),
      .value("seed", "N", "Another seed makes other weather at other stations.", default: "1"),
      .flag("overwrite", "Replace files that are there."),
    ],
    discussion: """
      Not real weather: seeded and the same on every machine, climate-like, with NOAA's oddities at \
      small rates (missing and suspect values, specials, daily summaries, rows out of order). A \
      station-year is about 12,500 rows and 4.3 MB, so it is good for load tests too.
      """,
    examples: ["moaa sample --out year --stations 200 --start 2023-01-01 --days 365"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let folder = arguments.value("out") ?? "moaa-sample"
    let day = try arguments.value("start", expecting: "a day such as 2024-06-20") {
      Timestamp(argument: $0)
    }
    let stationCount = try arguments.integer(
      "stations", in: 1...Int64(SampleData.stationCountMax))
    let dayCount = try arguments.integer("days", in: 1...36_600)
    let seed = try arguments.integer("seed", in: 0...Int64.max)
    guard let day, let stationCount, let dayCount, let seed else {
      preconditionFailure("these options have defaults")
    }
    let lastDay = day.dayIndex + dayCount - 1
    guard lastDay <= Timestamp(year: 9999, month: 12, day: 31)?.dayIndex ?? 0 else {
      throw UsageError(message: "--days: the sample would end after the year 9999")
    }
    let sample = SampleData(
      seed: UInt64(seed), stationCount: Int(stationCount), firstDay: day, dayCount: Int(dayCount))
    try makeFolder(folder)
    var byteCount: Int64 = 0
    for station in sample.stations.indices {
      if Interruption.isRequested { return .interrupted }
      let path = "\(folder)/\(sample.fileName(station))"
      let file = try OutputFile(path, mayReplace: arguments.flag("overwrite"))
      try sample.write(station) { chunk in
        try file.write(chunk)
        byteCount += Int64(chunk.count)
      }
      try file.finish()
      Message.transient("writing the sample  \(station + 1) of \(sample.stations.count) stations")
    }
    Message.endTransient()
    Message.plain(
      "wrote \(sample.stations.count) stations, \(NumberText.bytes(byteCount)), to \(folder)")
    return .success
  }

  /// Makes a folder and those above it.
  private static func makeFolder(_ path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    if !parent.isEmpty { try makeFolder(parent) }
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw OutputError.system(path) }
  }
}

/// A file that appears under its name only when it is complete.
private final class OutputFile {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isFinished = false

  init(_ path: String, mayReplace: Bool) throws {
    self.path = path
    temporary = path + ".part"
    guard mayReplace || access(path, F_OK) != 0 else {
      throw OutputError(description: "\(path) is there already; --overwrite replaces it")
    }
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw OutputError.system(temporary) }
  }

  deinit {
    close(descriptor)
    // Of no use, and in the way on a full disk.
    if !isFinished { unlink(temporary) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try writeAll(bytes, to: descriptor, name: temporary)
  }

  func finish() throws {
    guard rename(temporary, path) == 0 else { throw OutputError.system(path) }
    isFinished = true
  }
}
