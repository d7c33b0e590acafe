// A raw topic value as the aggregation reads it: any producer's JSON object with the contract's keys.

import Glibc

/// Reads raw topic values: key order, white space and further members are the producer's business.
public enum RawObservation {
  /// What an aggregation needs of a value. Views are valid inside the closure only.
  @frozen
  public struct Parts {
    public let station: UnsafeRawBufferPointer
    public let time: Timestamp
    public let temperature: TemperatureField
    /// Empty when the value has none.
    public let reportType: UnsafeRawBufferPointer
  }

  /// Checks the whole document and hands over its parts, or why it cannot be used.
  @inlinable @inline(__always)
  public static func read<R>(
    _ value: UnsafeRawBufferPointer, _ body: (Result<Parts, TemperatureFault>) throws -> R
  ) rethrows -> R {
    if let result = readUnescaped(value) { return try body(result) }
    return try readEscaped(value, body)
  }

  /// nil when a wanted string has escapes.
  @usableFromInline
  static func readUnescaped(_ value: UnsafeRawBufferPointer) -> Result<Parts, TemperatureFault>? {
    var fields = Fields()
    guard scan(value, &fields) else { return .failure(TemperatureFault(reason: .badJSON)) }
    if fields.hasEscapes { return nil }
    return parts(
      fields.station.map { view(value, $0) }, fields.date.map { view(value, $0) },
      fields.temperature.map { view(value, $0) }, fields.reportType.map { view(value, $0) })
  }

  @usableFromInline
  static func readEscaped<R>(
    _ value: UnsafeRawBufferPointer, _ body: (Result<Parts, TemperatureFault>) throws -> R
  ) rethrows -> R {
    let scanner = JSONScanner(value)
    var fields = Fields()
    guard scan(value, &fields) else {
      return try body(.failure(TemperatureFault(reason: .badJSON)))
    }
    func with<T>(_ text: JSONScanner.Text?, _ use: (UnsafeRawBufferPointer?) throws -> T) rethrows
      -> T
    {
      guard let text else { return try use(nil) }
      return try scanner.unescaped(text).withUnsafeBytes { try use($0) }
    }
    return try with(fields.station) { station in
      try with(fields.date) { date in
        try with(fields.temperature) { temperature in
          try with(fields.reportType) { try body(parts(station, date, temperature, $0)) }
        }
      }
    }
  }

  private struct Fields {
    var station: JSONScanner.Text?
    var date: JSONScanner.Text?
    var temperature: JSONScanner.Text?
    var reportType: JSONScanner.Text?

    var hasEscapes: Bool {
      station?.hasEscapes ?? false || date?.hasEscapes ?? false
        || temperature?.hasEscapes ?? false || reportType?.hasEscapes ?? false
    }
  }

  @inline(__always)
  private static func view(
    _ value: UnsafeRawBufferPointer, _ text: JSONScanner.Text
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: value[text.start..<text.end])
  }

  @inline(__always)
  private static func parts(
    _ stationText: UnsafeRawBufferPointer?, _ date: UnsafeRawBufferPointer?,
    _ field: UnsafeRawBufferPointer?, _ reportType: UnsafeRawBufferPointer?
  ) -> Result<Parts, TemperatureFault> {
    guard let stationText, let date, let field else {
      return .failure(TemperatureFault(reason: .missingField))
    }
    let station = ByteText.trimmed(stationText)
    guard ByteText.isStation(station) else {
      return .failure(TemperatureFault(reason: .badStation))
    }
    guard let time = Timestamp(date) else { return .failure(TemperatureFault(reason: .badDate)) }
    return TemperatureField.parse(field).map { temperature in
      Parts(
        station: station, time: time, temperature: temperature,
        reportType: reportType ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  // MARK: The document

  private static func scan(_ value: UnsafeRawBufferPointer, _ fields: inout Fields) -> Bool {
    var scanner = JSONScanner(value)
    if scanCanonical(&scanner, &fields) {
      // The seventh member's value has been read; what may follow is any member.
      scanner.skipBlanks()
      if scanner.take(UInt8(ascii: "}")) { return isAtEnd(&scanner) }
      guard scanner.take(UInt8(ascii: ",")) else { return false }
      scanner.skipBlanks()
    } else {
      scanner.position = 0
      scanner.skipBlanks()
      guard scanner.take(UInt8(ascii: "{")) else { return false }
      scanner.skipBlanks()
      if scanner.take(UInt8(ascii: "}")) { return isAtEnd(&scanner) }
    }
    return scanMembers(&scanner, &fields)
  }

  /// The first seven members as `RawObservationEncoder` writes them, which makes the common case
  /// fast. False when they are written otherwise: then nothing is known.
  @inline(__always)
  private static func scanCanonical(_ scanner: inout JSONScanner, _ fields: inout Fields) -> Bool {
    guard scanner.skip("{\"STATION\":"), let station = scanner.string(),
      scanner.skip(",\"DATE\":"), let date = scanner.string(),
      scanner.skip(",\"SOURCE\":"), scanner.string() != nil,
      scanner.skip(",\"REPORT_TYPE\":"), let reportType = scanner.string(),
      scanner.skip(",\"CALL_SIGN\":"), scanner.string() != nil,
      scanner.skip(",\"QUALITY_CONTROL\":"), scanner.string() != nil,
      scanner.skip(",\"TMP\":"), let temperature = scanner.string()
    else { return false }
    fields.station = station
    fields.date = date
    fields.reportType = reportType
    fields.temperature = temperature
    return true
  }

  /// From a member's name to the end of the document.
  private static func scanMembers(_ scanner: inout JSONScanner, _ fields: inout Fields) -> Bool {
    while true {
      guard let name = scanner.string() else { return false }
      scanner.skipBlanks()
      guard scanner.take(UInt8(ascii: ":")) else { return false }
      scanner.skipBlanks()
      guard scanValue(of: name, &scanner, &fields) else { return false }
      scanner.skipBlanks()
      if scanner.take(UInt8(ascii: "}")) { return isAtEnd(&scanner) }
      guard scanner.take(UInt8(ascii: ",")) else { return false }
      scanner.skipBlanks()
    }
  }

  @inline(__always)
  private static func isAtEnd(_ scanner: inout JSONScanner) -> Bool {
    scanner.skipBlanks()
    return scanner.position == scanner.bytes.count
  }

  private enum Wanted { case station, date, temperature, reportType }

  @inline(__always)
  private static func scanValue(
    of name: JSONScanner.Text, _ scanner: inout JSONScanner, _ fields: inout Fields
  ) -> Bool {
    guard let wanted = wanted(name, scanner) else { return scanner.skipValue() }
    guard scanner.position < scanner.bytes.count else { return false }
    // A wanted member that is no string counts as absent; the last of equal names wins.
    var text: JSONScanner.Text?
    if scanner.bytes[scanner.position] == 0x22 {
      text = scanner.string()
      guard text != nil else { return false }
    } else if !scanner.skipValue() {
      return false
    }
    switch wanted {
    case .station: fields.station = text
    case .date: fields.date = text
    case .temperature: fields.temperature = text
    case .reportType: fields.reportType = text
    }
    return true
  }

  @inline(__always)
  private static func wanted(_ name: JSONScanner.Text, _ scanner: JSONScanner) -> Wanted? {
    if name.hasEscapes {
      switch String(decoding: scanner.unescaped(name), as: UTF8.self) {
      case "STATION": return .station
      case "DATE": return .date
      case "TMP": return .temperature
      case "REPORT_TYPE": return .reportType
      default: return nil
      }
    }
    switch name.end &- name.start {
    case 3 where scanner.holds("TMP", at: name.start): return .temperature
    case 4 where scanner.holds("DATE", at: name.start): return .date
    case 7 where scanner.holds("STATION", at: name.start): return .station
    case 11 where scanner.holds("REPORT_TYPE", at: name.start): return .reportType
    default: return nil
    }
  }
}
