// An observation as the raw topic's JSON (wire contract: STATION … TMP first, further keys after).

import Glibc

/// Writes raw topic values.
public enum RawObservationEncoder {
  /// Appends the row as compact JSON: the seven keys of the contract, empty where the file has no
  /// such column, then those of LATITUDE … SLP that have text. Values are the file's text; bytes
  /// that are not UTF-8 are taken as Latin-1, so that the result always is.
  public static func append(_ row: ObservationRow, to bytes: inout [UInt8]) {
    // Built on the stack and appended at once: growing an array piece by piece costs more than the
    // pieces themselves.
    let capacity = capacity(row)
    withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { room in
      var out = Output(next: room.baseAddress!)
      write(row, to: &out)
      let count = out.next - room.baseAddress!
      precondition(count <= capacity, "the capacity counts everything that is written")
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<count]))
    }
  }

  @inline(__always)
  private static func capacity(_ row: ObservationRow) -> Int {
    var textCount = row.station.count
    for column in 1..<Prefix.count { textCount &+= row.texts[column]?.count ?? 0 }
    // An escape is six bytes long; a Latin-1 byte becomes two.
    return (row.isPlain ? textCount : textCount * 6) + Prefix.byteCountMax
  }

  @inline(__always)
  private static func write(_ row: ObservationRow, to out: inout Output) {
    let prefixes = Prefix.table.prefixes
    out.put(prefixes[0])
    put(row.station, isPlain: row.isPlain, to: &out)
    for column in 1..<Prefix.count {
      let text = row.texts[column]
      if column >= Prefix.requiredCount, text?.isEmpty ?? true { continue }
      out.put(prefixes[column])
      if let text { put(text, isPlain: row.isPlain, to: &out) }
    }
    out.put(UInt8(ascii: "\""))
    out.put(UInt8(ascii: "}"))
  }

  @inline(__always)
  private static func put(
    _ text: UnsafeRawBufferPointer, isPlain: Bool, to out: inout Output
  ) {
    if isPlain {
      out.put(text)
    } else {
      putEscaped(text, to: &out)
    }
  }

  private static func putEscaped(_ text: UnsafeRawBufferPointer, to out: inout Output) {
    let isUTF8 = String(validating: text, as: UTF8.self) != nil
    for byte in text {
      switch byte {
      case 0x22, 0x5C:
        out.put(UInt8(ascii: "\\"))
        out.put(byte)
      case 0..<0x20, 0x7F:
        for part in "\\u00".utf8 { out.put(part) }
        out.put(hexadecimal(byte >> 4))
        out.put(hexadecimal(byte & 15))
      case 0x80... where !isUTF8:
        out.put(0xC0 | byte >> 6)
        out.put(0x80 | byte & 0x3F)
      default: out.put(byte)
      }
    }
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
  }
}

/// A cursor over memory that is known to be large enough.
private struct Output {
  var next: UnsafeMutableRawPointer

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    next.storeBytes(of: byte, as: UInt8.self)
    next += 1
  }

  @inline(__always)
  mutating func put(_ text: UnsafeRawBufferPointer) {
    guard let source = text.baseAddress else { return }
    let count = text.count
    // Most fields are short, and two words that overlap cost less than a call.
    if count >= 8, count <= 16 {
      let last = source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      next.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
      next.storeBytes(of: last, toByteOffset: count &- 8, as: UInt64.self)
    } else if count >= 4, count < 8 {
      let last = source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      next.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
      next.storeBytes(of: last, toByteOffset: count &- 4, as: UInt32.self)
    } else {
      memcpy(next, source, count)
    }
    next += count
  }

  /// Writes three words, of which the prefix's own bytes count.
  @inline(__always)
  mutating func put(_ prefix: Prefix) {
    next.storeBytes(of: prefix.words.0, as: UInt64.self)
    next.storeBytes(of: prefix.words.1, toByteOffset: 8, as: UInt64.self)
    next.storeBytes(of: prefix.words.2, toByteOffset: 16, as: UInt64.self)
    next += prefix.count
  }
}

/// What stands before a column's text, `","TMP":"`, as three words.
private struct Prefix {
  let words: (UInt64, UInt64, UInt64)
  let count: Int

  static let count = ObservationColumn.allCases.count
  static let requiredCount = ObservationColumn.temperature.rawValue + 1
  /// All prefixes, the closing bytes, and the words that `put` writes beyond a prefix.
  static let byteCountMax = count * 24 + 2 + 24
  static let table = Table()

  init(_ column: ObservationColumn) {
    var bytes = Array("\(column == .station ? "{" : "\",")\"\(column.name)\":\"".utf8)
    count = bytes.count
    precondition(count <= 24, "three words hold a prefix")
    bytes += [UInt8](repeating: 0, count: 24 - count)
    words = bytes.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64).self) }
  }

  /// By column. Never freed: it lives as long as the process, and nothing writes to it.
  struct Table: @unchecked Sendable {
    let prefixes: UnsafeMutablePointer<Prefix>

    init() {
      prefixes = .allocate(capacity: Prefix.count)
      for column in ObservationColumn.allCases {
        (prefixes + column.rawValue).initialize(to: Prefix(column))
      }
    }
  }
}
