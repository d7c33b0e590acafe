// An observation as the raw topic's JSON (wire contract: STATION … TMP first, further keys after).

/// Writes raw topic values.
public enum RawObservationEncoder {
  /// Appends the row as compact JSON: the seven keys of the contract, empty where the file has no
  /// such column, then those of LATITUDE … SLP that have text, then QUALITY_RULE where TMP's quality
  /// code was made of another one (`GHCNhQuality`). Values are the file's text; bytes
  /// that are not UTF-8 are taken as Latin-1, so that the result always is.
  public static func append(_ row: ObservationRow, to bytes: inout [UInt8]) {
    bytes.append(capacity: capacity(row)) { write(row, to: &$0) }
  }

  @inline(__always)
  private static func capacity(_ row: ObservationRow) -> Int {
    var textCount = row.station.count
    for column in 1..<Prefix.count { textCount &+= row.texts[column]?.count ?? 0 }
    if let rule = row.qualityRule { textCount &+= Self.rulePrefix.utf8CodeUnitCount &+ rule.count }
    // An escape is six bytes long; a Latin-1 byte becomes two.
    return (row.isPlain ? textCount : textCount * 6) + Prefix.byteCountMax
  }

  @inline(__always)
  private static func write(_ row: ObservationRow, to out: inout ByteCursor) {
    let prefixes = Prefix.table.prefixes
    out.put(prefixes[0])
    put(row.station, isPlain: row.isPlain, to: &out)
    for column in 1..<Prefix.count {
      let text = row.texts[column]
      if column >= Prefix.requiredCount, text?.isEmpty ?? true { continue }
      out.put(prefixes[column])
      if let text { put(text, isPlain: row.isPlain, to: &out) }
    }
    if let rule = row.qualityRule {
      out.put(rulePrefix)
      put(rule, isPlain: row.isPlain, to: &out)
    }
    out.put(UInt8(ascii: "\""))
    out.put(UInt8(ascii: "}"))
  }

  private static let rulePrefix: StaticString = "\",\"QUALITY_RULE\":\""

  @inline(__always)
  private static func put(
    _ text: UnsafeRawBufferPointer, isPlain: Bool, to out: inout ByteCursor
  ) {
    if isPlain {
      out.put(text)
    } else {
      putEscaped(text, to: &out)
    }
  }

  private static func putEscaped(_ text: UnsafeRawBufferPointer, to out: inout ByteCursor) {
    let isUTF8 = String(validating: text, as: UTF8.self) != nil
    for byte in text {
      if byte >= 0x80, !isUTF8 {
        out.put(0xC0 | byte >> 6)
        out.put(0x80 | byte & 0x3F)
      } else {
        out.putEscaped(byte)
      }
    }
  }
}

extension ByteCursor {
  /// Writes three words, of which the prefix's own bytes count.
  @inline(__always)
  fileprivate mutating func put(_ prefix: Prefix) {
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
