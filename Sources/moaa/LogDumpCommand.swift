// `moaa log dump` and `log tail`: records, a line each.

import Arguments
import Glibc
import KafkaSync
import LogStore
import Observations
import Pipeline

enum LogDumpCommand: Subcommand {
  static let topic = Positional("TOPIC", .one, "The topic, as `moaa log topics` names it.")

  static let declaration = Command(
    "log dump", "Print a topic's records, a line each.", positionals: [topic],
    options: [
      .value(
        "from", "POSITION", "An offset, an append time (UTC), or earliest.", default: "earliest"),
      .value("to", "OFFSET", "Up to this offset, which is not included."),
      .value("limit", "N", "At most so many records."),
      .flag("origin", "Show the partition and offset in Kafka of records that were pulled."),
      CommonOptions.format, CommonOptions.store,
    ],
    discussion: """
      JSON is one object a line, with the value as a string. Bytes that are not UTF-8 are shown as \
      U+FFFD.
      """, examples: ["moaa log dump raw_probes_results --from 1000 --limit 5 --format json"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let position = try arguments.value(
      "from", expecting: "an offset, a time or earliest"
    ) { LogPosition($0) }
    let end = try arguments.integer("to", in: 0...Int64.max) ?? Int64.max
    let limit = try arguments.integer("limit", in: 0...Int64.max) ?? Int64.max
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let name = arguments.positionals("TOPIC")[0]
    let start = try CommonOptions.named {
      try store.read { try (position ?? .earliest).offset(in: $0.topic(name), $0) }
    }
    let records = RecordCursor(try store.reader(of: name, from: start))
    let showsOrigin = arguments.flag("origin")
    var lines = RecordLines(CommonOptions.outputFormat(arguments), showsOrigin: showsOrigin)
    while lines.count < limit, lines.isWanted, let record = try records.next(),
      record.offset.rawValue < end
    {
      let origin =
        showsOrigin ? try store.read { try KafkaOrigins.find(name, record.offset, $0) } : nil
      try lines.add(record, origin: origin)
    }
    try lines.flush()
    return Interruption.isRequested ? .interrupted : .success
  }
}

enum LogTailCommand: Subcommand {
  static let declaration = Command(
    "log tail", "Print a topic's last records.", positionals: [LogDumpCommand.topic],
    options: [
      .value("lines", "N", "How many.", default: "10"),
      .flag("follow", "Go on as the topic grows, until interrupted."), CommonOptions.format,
      CommonOptions.store,
    ], examples: ["moaa log tail agg_probes_results --follow"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let count = try arguments.integer("lines", in: 0...Int64.max) ?? 10
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let topic = try CommonOptions.named {
      try store.read { try $0.topic(arguments.positionals("TOPIC")[0]) }
    }
    let start = Offset(max(topic.startOffset.rawValue, topic.nextOffset.rawValue - count))
    let records = RecordCursor(try store.reader(of: topic.name, from: start))
    var lines = RecordLines(CommonOptions.outputFormat(arguments))
    while lines.isWanted {
      if let record = try records.next() {
        try lines.add(record)
      } else {
        try lines.flush()
        guard arguments.flag("follow") else { break }
        usleep(200_000)
      }
    }
    return Interruption.isRequested ? .interrupted : .success
  }
}

/// Records as lines: fields apart by two blanks, CSV, or a JSON object each.
private struct RecordLines {
  private let format: OutputFormat
  private var output = OutputBuffer()
  private(set) var count: Int64 = 0
  private let columns: [String]
  private let showsOrigin: Bool

  init(_ format: OutputFormat, showsOrigin: Bool = false) {
    self.format = format
    self.showsOrigin = showsOrigin
    columns =
      ["offset", "kind", "event_time", "append_time", "key", "value", "headers"]
      + (showsOrigin ? ["kafka_partition", "kafka_offset"] : [])
    if format == .csv { output.append(columns.joined(separator: ",") + "\n") }
  }

  mutating func add(
    _ record: KeptRecord, origin: (partition: Int32, offset: Int64)? = nil
  ) throws {
    count += 1
    let headers = record.headers.map {
      $0.name + ($0.value.map { "=" + String(decoding: $0, as: UTF8.self) } ?? "")
    }.joined(separator: " ")
    var cells: [Cell] = [
      .number(record.offset.rawValue), .text(record.kind == .data ? "data" : "control"),
      .text(TimeText.milliseconds(record.eventTime)),
      .text(TimeText.milliseconds(record.appendTime)), Self.cell(record.key),
      Self.cell(record.value), headers.isEmpty ? .missing : .text(headers),
    ]
    if showsOrigin {
      cells +=
        origin.map { [.number(Int64($0.partition)), .number($0.offset)] } ?? [
          .missing, .missing,
        ]
    }
    switch format {
    case .json: output.append(ResultTable.object(columns, cells) + "\n")
    case .csv:
      output.append(cells.map { ResultTable.csv($0.plainText) }.joined(separator: ",") + "\n")
    case .table:
      // One line a record, whatever its bytes: line breaks and the like are shown escaped.
      var parts = [cells[0], cells[1], cells[2], cells[4], cells[5]].map(\.plainText)
      if !headers.isEmpty { parts.append(headers) }
      if let origin { parts.append("from [\(origin.partition)] \(origin.offset)") }
      output.append(
        parts.map { String(ResultTable.quoted($0).dropFirst().dropLast()) }
          .map { $0.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\") }
          .joined(separator: "  ") + "\n")
    }
    try output.flushIfLarge()
  }

  mutating func flush() throws { try output.flush() }

  /// Whether there is still somebody to print for.
  var isWanted: Bool { !Interruption.isRequested && StandardOutput.hasReader }

  private static func cell(_ bytes: [UInt8]?) -> Cell {
    bytes.map { .text(String(decoding: $0, as: UTF8.self)) } ?? .missing
  }
}
