// NOAA's ISD "global-hourly" CSV, from both of NCEI's faces: yearly station files and the access API.
//
// Columns are found by header name. A row with bad quotes is rejected as its first physical line,
// and reading goes on at the next line, so that one bad quote never swallows the file.

import Glibc

/// Decodes global-hourly CSV.
public struct GlobalHourlyDecoder: ObservationDecoder {
  /// A longer row is rejected; real ones are below 4 KiB.
  public static let rowBytesMax = 1 << 20
  /// How much of a line that is too long is kept.
  public static let keptBytesMax = 4096

  private var carry: [UInt8] = []
  private var scanner = CSVRowScanner()
  /// By `ObservationColumn`: the field's index in a row, or -1. nil until the header was read.
  private var columns: [Int]?
  private var fieldCount = 0
  private var texts = [UnsafeRawBufferPointer?](
    repeating: nil, count: ObservationColumn.allCases.count)
  private var line = 1
  /// Bytes already dropped of a line that is too long; 0 when not in one.
  private var droppedCount = 0
  private let scratch = Scratch()

  public init() {}

  public mutating func decode(
    _ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    guard !chunk.isEmpty else { return }
    if carry.isEmpty {
      let used = try consume(chunk, isLast: false, onRow)
      carry.append(contentsOf: chunk[used...])
    } else {
      carry.append(contentsOf: chunk)
      try consumeCarry(isLast: false, onRow)
    }
  }

  public mutating func finish(_ onRow: (DecodedRow) throws -> Void) throws {
    try consumeCarry(isLast: true, onRow)
    if columns == nil { throw DecodeFailure(line: 1, "the file is empty: it has no header line") }
  }

  private mutating func consumeCarry(
    isLast: Bool, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    var bytes: [UInt8] = []
    swap(&bytes, &carry)
    let used = try bytes.withUnsafeBytes {
      $0.isEmpty ? 0 : try consume($0, isLast: isLast, onRow)
    }
    bytes.removeSubrange(..<used)
    carry = bytes
  }

  /// Decodes the rows that `bytes` holds whole.
  /// - Returns: how many bytes are done with.
  private mutating func consume(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool, _ onRow: (DecodedRow) throws -> Void
  ) throws -> Int {
    var position = 0
    while position < bytes.count {
      if droppedCount > 0 {
        guard let newline = Self.newline(bytes, from: position) else {
          droppedCount += bytes.count - position
          if isLast { try rejectLongLine(&position, bytes.count, isTerminated: false, onRow) }
          return bytes.count
        }
        droppedCount += newline - position
        position = newline
        try rejectLongLine(&position, newline + 1, isTerminated: true, onRow)
        continue
      }
      if columns == nil {
        guard try readHeader(bytes, &position, isLast: isLast) else { return position }
        continue
      }
      if try skipBlankLine(bytes, &position, isLast: isLast) { continue }
      switch scanner.scan(bytes, from: position, isLast: isLast) {
      case .complete(let end, let next) where end - position <= Self.rowBytesMax:
        try complete(bytes, position, end, next, onRow)
        position = next
      case .needsMore where bytes.count - position <= Self.rowBytesMax: return position
      case .malformed, .complete, .needsMore:
        guard try rejectLine(bytes, &position, isLast: isLast, onRow) else { return position }
      }
    }
    return position
  }

  // MARK: Rows that can't be used as text

  /// Rejects the physical line at `position`; false when its end has not come yet.
  private mutating func rejectLine(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, isLast: Bool,
    _ onRow: (DecodedRow) throws -> Void
  ) throws -> Bool {
    let newline = Self.newline(bytes, from: position)
    let lineEnd = newline ?? bytes.count
    if lineEnd - position > Self.rowBytesMax {
      longLine = Array(bytes[position..<(position + Self.keptBytesMax)])
      droppedCount = Self.keptBytesMax
      position += Self.keptBytesMax
      return true
    }
    if newline == nil, !isLast { return false }
    var end = lineEnd
    if end > position, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    let reason: RejectionReason = newline == nil ? .truncatedLine : .malformedQuote
    try reject(bytes[position..<end], reason, isTerminated: newline != nil, onRow)
    line += 1
    position = newline.map { $0 + 1 } ?? bytes.count
    return true
  }

  private var longLine: [UInt8] = []

  private mutating func rejectLongLine(
    _ position: inout Int, _ next: Int, isTerminated: Bool, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    let byteCount = droppedCount
    try longLine.withUnsafeBytes { kept in
      try onRow(
        DecodedRow(
          line: line, bytes: kept, byteCount: byteCount, isTerminated: isTerminated,
          content: .rejected(.lineTooLong)))
    }
    line += 1
    droppedCount = 0
    position = next
  }

  private func reject(
    _ row: Slice<UnsafeRawBufferPointer>, _ reason: RejectionReason, isTerminated: Bool,
    _ onRow: (DecodedRow) throws -> Void
  ) throws {
    let bytes = UnsafeRawBufferPointer(rebasing: row)
    try onRow(
      DecodedRow(
        line: line, bytes: bytes, byteCount: bytes.count, isTerminated: isTerminated,
        content: .rejected(reason)))
  }

  private mutating func skipBlankLine(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, isLast: Bool
  ) throws -> Bool {
    if bytes[position] == UInt8(ascii: "\n") {
      position += 1
    } else if bytes[position] == UInt8(ascii: "\r"), position + 1 < bytes.count,
      bytes[position + 1] == UInt8(ascii: "\n")
    {
      position += 2
    } else if bytes[position] == UInt8(ascii: "\r"), position + 1 == bytes.count, isLast {
      position += 1
    } else {
      return false
    }
    line += 1
    return true
  }

  private static func newline(_ bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
    let base = bytes.baseAddress!
    guard let found = memchr(base + position, 0x0A, bytes.count - position) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  // MARK: The header

  /// False when the header's end has not come yet.
  private mutating func readHeader(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, isLast: Bool
  ) throws -> Bool {
    if position == 0, bytes.count < 3, !isLast { return false }
    var start = position
    if bytes.count >= 2, bytes[0] == 0x1F, bytes[1] == 0x8B {
      throw DecodeFailure(line: 1, "this is gzip data inside what was taken for text")
    }
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { start = 3 }
    let end: Int
    let next: Int
    switch scanner.scan(bytes, from: start, isLast: isLast) {
    case .complete(let rowEnd, let rowNext): (end, next) = (rowEnd, rowNext)
    case .needsMore where bytes.count <= Self.rowBytesMax: return false
    case .needsMore, .malformed: throw DecodeFailure(line: 1, "this is not CSV: no header line")
    }
    guard !bytes[start..<end].contains(0) else {
      throw DecodeFailure(line: 1, "this is not CSV: the first line holds NUL bytes")
    }
    var found = [Int](repeating: -1, count: ObservationColumn.allCases.count)
    for (index, field) in scanner.fields.enumerated() {
      let name = ByteText.trimmed(UnsafeRawBufferPointer(rebasing: bytes[field.start..<field.end]))
      for column in ObservationColumn.allCases
      where found[column.rawValue] < 0 && name.elementsEqual(column.name.utf8) {
        found[column.rawValue] = index
      }
    }
    let missing = [ObservationColumn.station, .date, .temperature].filter { found[$0.rawValue] < 0 }
    guard missing.isEmpty else {
      let names = missing.map(\.name).joined(separator: ", ")
      throw DecodeFailure(
        line: 1, "this is not global-hourly CSV: its header has no column \(names)")
    }
    columns = found
    fieldCount = scanner.fields.count
    position = next
    line += 1
    return true
  }

  // MARK: Complete rows

  private mutating func complete(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ next: Int,
    _ onRow: (DecodedRow) throws -> Void
  ) throws {
    let isTerminated = next > end
    let row = bytes[start..<end]
    let content: DecodedRow.Content
    if memchr(bytes.baseAddress! + start, 0, end - start) != nil {
      content = .rejected(.nulByte)
    } else if scanner.fields.count < fieldCount {
      content = .rejected(isTerminated ? .tooFewFields : .truncatedLine)
    } else if scanner.fields.count > fieldCount {
      content = .rejected(.tooManyFields)
    } else {
      content = observation(bytes)
    }
    let view = UnsafeRawBufferPointer(rebasing: row)
    try onRow(
      DecodedRow(
        line: line, bytes: view, byteCount: view.count, isTerminated: isTerminated,
        content: content))
    line += 1
    // Newlines inside quotes are rare: looked for only in rows that can have them.
    if scanner.fields.count > 0, memchr(view.baseAddress!, 0x0A, view.count) != nil {
      line += view.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
    }
  }

  private mutating func observation(_ bytes: UnsafeRawBufferPointer) -> DecodedRow.Content {
    guard let columns else { preconditionFailure("rows come after the header") }
    for index in columns.indices {
      let column = columns[index]
      guard column >= 0 else { continue }
      let field = scanner.fields[column]
      let text = UnsafeRawBufferPointer(rebasing: bytes[field.start..<field.end])
      texts[index] = field.hasDoubledQuotes ? undouble(text, slot: index) : text
    }
    guard let stationText = texts[ObservationColumn.station.rawValue],
      let date = texts[ObservationColumn.date.rawValue],
      let field = texts[ObservationColumn.temperature.rawValue]
    else { preconditionFailure("the header has these columns") }
    let station = ByteText.trimmed(stationText)
    guard ByteText.isStation(station) else { return .rejected(.badStation) }
    guard let time = Timestamp(date) else { return .rejected(.badDate) }
    switch TemperatureField.parse(field) {
    case .failure(let fault): return .rejected(fault.reason)
    case .success(let temperature):
      return .observation(
        ObservationRow(station: station, time: time, temperature: temperature, texts: texts))
    }
  }

  /// The text with every pair of quotes made one, in a buffer kept until the next row.
  private mutating func undouble(
    _ text: UnsafeRawBufferPointer, slot: Int
  ) -> UnsafeRawBufferPointer {
    let room = scratch.room(slot: slot, byteCount: text.count)
    var count = 0
    var index = 0
    while index < text.count {
      room[count] = text[index]
      count += 1
      index += text[index] == UInt8(ascii: "\"") ? 2 : 1
    }
    return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<count])
  }

  /// Buffers for fields that differ from their text in the file, one a column.
  private final class Scratch {
    private var buffers: [UnsafeMutableRawBufferPointer] = []

    deinit { for buffer in buffers { buffer.deallocate() } }

    func room(slot: Int, byteCount: Int) -> UnsafeMutableRawBufferPointer {
      while buffers.count <= slot { buffers.append(.allocate(byteCount: 256, alignment: 1)) }
      if buffers[slot].count < byteCount {
        buffers[slot].deallocate()
        buffers[slot] = .allocate(byteCount: byteCount, alignment: 1)
      }
      return buffers[slot]
    }
  }
}
