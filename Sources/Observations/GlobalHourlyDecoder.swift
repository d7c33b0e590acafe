// NOAA's ISD "global-hourly" CSV, from both of NCEI's faces: yearly station files and the access API.
//
// Columns are found by header name. A row with bad quotes is rejected as its first physical line,
// and reading goes on at the next line, so that one bad quote never swallows the file.
//
// What must hold: no verdict depends on how the input was cut, what is kept between two pieces stays
// below a row's greatest length, and the work is linear in the input however small the pieces are.

import Glibc

/// Decodes global-hourly CSV. After an error is thrown it must not be used on.
public struct GlobalHourlyDecoder: ObservationDecoder {
  /// A longer row is rejected; real ones are below 4 KiB.
  public static let rowBytesMax = 1 << 20
  /// How much of a line that is too long is kept.
  public static let keptBytesMax = 4096
  /// How much of a new piece is first joined to the beginning of a row kept from the last one.
  private static let joinBytes = 4096

  private enum Mode {
    /// Nothing but a byte-order mark has been read.
    case beginning
    case header
    case row
    /// The line at hand is rejected, and its first bytes hold no newline.
    case badLine(searched: Int)
    /// The line at hand is too long: its beginning is kept, so many bytes of it are dropped.
    case longLine(kept: [UInt8], dropped: Int)
  }

  private let columns: Set<ObservationColumn>
  private var mode = Mode.beginning
  private var header: GlobalHourlyHeader?
  private var carry: [UInt8] = []
  private var scanner = CSVRowScanner()
  /// nil before the header has been read.
  private var plainScanner: PlainRowScanner?
  private let texts = RowTexts()
  private let before = RowBefore()
  private var line = 1

  /// How much is kept of what was given, for the next piece.
  var keptByteCount: Int { carry.count }

  /// Never before the header has been read.
  public var isBetweenRows: Bool {
    if case .row = mode { return carry.isEmpty && scanner.isFresh }
    return false
  }

  public var lineCount: Int { line - 1 }

  /// - Parameter columns: those whose texts are asked for; rows have no text of others. STATION, DATE and
  ///   TMP are read in any case.
  public init(columns: Set<ObservationColumn> = Set(ObservationColumn.allCases)) {
    self.columns = columns.union([.station, .date, .temperature])
  }

  /// A decoder for the rows of the file from any later one on, which shares no memory with this one and
  /// counts lines from there. nil before the header has been read.
  func continued() -> GlobalHourlyDecoder? {
    guard let header else { return nil }
    var other = GlobalHourlyDecoder(columns: columns)
    other.header = header
    other.plainScanner = PlainRowScanner(header)
    other.mode = .row
    return other
  }

  public mutating func decode(
    _ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    var offset = 0
    while !carry.isEmpty, offset < chunk.count {
      let keptCount = carry.count
      let joined = min(chunk.count - offset, Self.joinBytes)
      carry.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[offset..<(offset + joined)]))
      offset += joined
      var bytes: [UInt8] = []
      swap(&bytes, &carry)
      let used = try bytes.withUnsafeBytes {
        try consume($0, until: keptCount, isLast: false, onRow)
      }
      if used < keptCount {
        bytes.removeSubrange(..<used)
      } else {
        // What is left lies in the new piece, whole.
        offset -= bytes.count - used
        bytes.removeAll(keepingCapacity: true)
      }
      carry = bytes
    }
    guard offset < chunk.count else { return }
    let rest = UnsafeRawBufferPointer(rebasing: chunk[offset...])
    let used = try consume(rest, until: rest.count, isLast: false, onRow)
    carry.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[used...]))
  }

  public mutating func finish(_ onRow: (DecodedRow) throws -> Void) throws {
    var bytes: [UInt8] = []
    swap(&bytes, &carry)
    if !bytes.isEmpty {
      _ = try bytes.withUnsafeBytes { try consume($0, until: $0.count, isLast: true, onRow) }
    }
    if case .longLine(let kept, let dropped) = mode {
      try rejectLongLine(kept, byteCount: dropped, isTerminated: false, onRow)
    }
    if header == nil { throw DecodeFailure(line: 1, "the file is empty: it has no header line") }
  }

  /// Decodes the rows that begin before `limit`, as far as `bytes` holds them whole.
  /// - Returns: how many bytes are done with.
  private mutating func consume(
    _ bytes: UnsafeRawBufferPointer, until limit: Int, isLast: Bool,
    _ onRow: (DecodedRow) throws -> Void
  ) throws -> Int {
    var position = 0
    while position < limit {
      let mustWait: Bool
      switch mode {
      case .row:
        if scanner.isFresh {
          let before = position
          try consumePlain(bytes, &position, until: limit, onRow)
          if position > before { continue }
        }
        mustWait = try !scanRow(bytes, &position, isLast: isLast, onRow)
      case .badLine(let searched):
        mustWait = try !rejectLine(bytes, &position, searched: searched, isLast: isLast, onRow)
      case .longLine(let kept, let dropped):
        let newline = Self.newline(bytes, from: position)
        let byteCount = dropped + (newline ?? bytes.count) - position
        position = newline.map { $0 + 1 } ?? bytes.count
        if newline == nil {
          mode = .longLine(kept: kept, dropped: byteCount)
        } else {
          try rejectLongLine(kept, byteCount: byteCount, isTerminated: true, onRow)
        }
        mustWait = false
      case .header: mustWait = try !readHeader(bytes, &position, isLast: isLast)
      case .beginning: mustWait = try !begin(bytes, &position, isLast: isLast)
      }
      if mustWait { return position }
    }
    return position
  }

  // MARK: The header

  /// False when too few bytes have come to tell.
  private mutating func begin(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, isLast: Bool
  ) throws -> Bool {
    if bytes.count < 3, !isLast { return false }
    if bytes.count >= 2, bytes[0] == 0x1F, bytes[1] == 0x8B {
      throw DecodeFailure(line: 1, "this is gzip data inside what was taken for text")
    }
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    mode = .header
    return true
  }

  /// False when the header's end has not come yet.
  private mutating func readHeader(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, isLast: Bool
  ) throws -> Bool {
    let row = Self.row(bytes, from: position)
    switch scanner.scan(row, isLast: isLast && position + row.count == bytes.count) {
    case .complete(let end, let next, _) where end <= Self.rowBytesMax:
      let text = UnsafeRawBufferPointer(rebasing: row[..<end])
      let header = try GlobalHourlyHeader(text, fields: scanner.fields, columns: columns)
      self.header = header
      plainScanner = PlainRowScanner(header)
      mode = .row
      scanner.reset()
      line += 1 + Self.newlineCount(text)
      position += next
      return true
    case .needsMore where row.count < Self.rowBytesMax + 2: return false
    case .complete, .needsMore, .malformed:
      throw DecodeFailure(line: 1, "this is not CSV: no header line")
    }
  }

  // MARK: Rows

  /// What may be looked at to judge the row at `position`: the longest row and its terminator.
  private static func row(
    _ bytes: UnsafeRawBufferPointer, from position: Int
  ) -> UnsafeRawBufferPointer {
    let end = min(bytes.count, position + rowBytesMax + 2)
    return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
  }

  /// False when the row's end has not come yet.
  private mutating func scanRow(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, isLast: Bool,
    _ onRow: (DecodedRow) throws -> Void
  ) throws -> Bool {
    let row = Self.row(bytes, from: position)
    switch scanner.scan(row, isLast: isLast && position + row.count == bytes.count) {
    case .complete(let end, let next, let isTerminated) where end <= Self.rowBytesMax:
      let text = UnsafeRawBufferPointer(rebasing: row[..<end])
      try complete(text, isTerminated: isTerminated, onRow)
      scanner.reset()
      position += next
      return true
    case .needsMore where row.count < Self.rowBytesMax + 2: return false
    case .complete, .needsMore, .malformed:
      scanner.reset()
      mode = .badLine(searched: 0)
      return true
    }
  }

  /// A row that the general scanner found.
  private mutating func complete(
    _ row: UnsafeRawBufferPointer, isTerminated: Bool, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    guard let header else { preconditionFailure("rows come after the header") }
    if !row.isEmpty {
      let content: DecodedRow.Content
      var isSplit = false
      if memchr(row.baseAddress!, 0, row.count) != nil {
        content = .rejected(.nulByte)
      } else if scanner.fields.count < header.fieldCount {
        content = .rejected(isTerminated ? .tooFewFields : .truncatedLine)
      } else if scanner.fields.count > header.fieldCount {
        content = .rejected(.tooManyFields)
      } else if !isTerminated, let last = header.lastWanted, last == .name || !endsWithQuote(row) {
        // More of the last field may be to come.
        content = .rejected(.truncatedLine)
      } else {
        for (column, index) in header.present {
          let field = scanner.fields[index]
          let text = UnsafeRawBufferPointer(rebasing: row[field.start..<field.end])
          if field.hasDoubledQuotes {
            texts.setUndoubled(text, column: column.rawValue)
          } else {
            texts.texts[column.rawValue] = text
          }
        }
        isSplit = true
        content = observation(isPlain: false)
      }
      try onRow(
        DecodedRow(
          line: line, bytes: row, byteCount: row.count, isTerminated: isTerminated,
          content: content, texts: isSplit ? UnsafePointer(texts.texts) : nil))
    }
    line += 1 + Self.newlineCount(row)
  }

  /// Whether the last field of the row at hand is a quoted one.
  private func endsWithQuote(_ row: UnsafeRawBufferPointer) -> Bool {
    guard let last = scanner.fields.last, last.start > 0 else { return false }
    // In front of an unquoted field stands its comma.
    return row[last.start - 1] == UInt8(ascii: "\"")
  }

  /// Decodes rows as long as they are plain: terminated, and without NUL bytes or doubled quotes.
  private mutating func consumePlain(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, until limit: Int,
    _ onRow: (DecodedRow) throws -> Void
  ) throws {
    guard let header, let plainScanner else { preconditionFailure("rows come after the header") }
    let fieldCount = header.fieldCount
    while position < limit, let row = plainScanner.scan(bytes, from: position) {
      let start = position
      position = row.next
      if row.end > start {
        let content: DecodedRow.Content
        let isSplit = row.fieldCount == fieldCount
        if isSplit {
          plainScanner.setTexts(texts.texts, bytes, rowStart: start)
          content = observation(isPlain: true)
        } else {
          content = .rejected(row.fieldCount < fieldCount ? .tooFewFields : .tooManyFields)
        }
        let view = UnsafeRawBufferPointer(rebasing: bytes[start..<row.end])
        try onRow(
          DecodedRow(
            line: line, bytes: view, byteCount: view.count, isTerminated: true, content: content,
            texts: isSplit ? UnsafePointer(texts.texts) : nil))
      }
      line += 1
    }
  }

  @inline(__always)
  private func observation(isPlain: Bool) -> DecodedRow.Content {
    guard let stationText = texts.texts[ObservationColumn.station.rawValue],
      let date = texts.texts[ObservationColumn.date.rawValue],
      let field = texts.texts[ObservationColumn.temperature.rawValue]
    else { preconditionFailure("the header has these columns") }
    let station = ByteText.trimmed(stationText)
    guard before.isStation(station) else { return .rejected(.badStation) }
    guard let time = before.time(date) else { return .rejected(.badDate) }
    switch TemperatureField.parse(field) {
    case .failure(let fault): return .rejected(fault.reason)
    case .success(let temperature):
      return .observation(
        ObservationRow(
          station: station, time: time, temperature: temperature, isPlain: isPlain,
          texts: UnsafePointer(texts.texts)))
    }
  }

  // MARK: Lines that can't be used as rows

  /// Rejects the physical line at `position`; false when its end has not come yet.
  private mutating func rejectLine(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, searched: Int, isLast: Bool,
    _ onRow: (DecodedRow) throws -> Void
  ) throws -> Bool {
    let newline = Self.newline(bytes, from: position + searched)
    let byteCount = (newline ?? bytes.count) - position
    if byteCount > Self.rowBytesMax {
      let kept = bytes[position..<(position + Self.keptBytesMax)]
      mode = .longLine(kept: Array(kept), dropped: kept.count)
      position += kept.count
      return true
    }
    if newline == nil, !isLast {
      mode = .badLine(searched: byteCount)
      return false
    }
    var row = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + byteCount)])
    if row.last == UInt8(ascii: "\r") { row = UnsafeRawBufferPointer(rebasing: row.dropLast()) }
    try onRow(
      DecodedRow(
        line: line, bytes: row, byteCount: row.count, isTerminated: newline != nil,
        content: .rejected(newline == nil ? .truncatedLine : .malformedQuote)))
    mode = .row
    line += 1
    position = newline.map { $0 + 1 } ?? bytes.count
    return true
  }

  private mutating func rejectLongLine(
    _ kept: [UInt8], byteCount: Int, isTerminated: Bool, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    try kept.withUnsafeBytes { bytes in
      try onRow(
        DecodedRow(
          line: line, bytes: bytes, byteCount: byteCount, isTerminated: isTerminated,
          content: .rejected(.lineTooLong)))
    }
    mode = .row
    line += 1
  }

  private static func newline(_ bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
    guard position < bytes.count else { return nil }
    let base = bytes.baseAddress!
    guard let found = memchr(base + position, 0x0A, bytes.count - position) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private static func newlineCount(_ bytes: UnsafeRawBufferPointer) -> Int {
    var count = 0
    var position = 0
    while let found = newline(bytes, from: position) {
      count += 1
      position = found + 1
    }
    return count
  }
}
