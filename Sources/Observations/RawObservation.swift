// A raw topic value as the aggregation reads it: any producer's JSON object with the contract's keys.

/// Reads raw topic values: key order, white space and further members are the producer's business.
public enum RawObservation {
  /// What an aggregation needs of a value. Views are valid inside the closure only.
  public struct Parts {
    public let station: UnsafeRawBufferPointer
    public let time: Timestamp
    public let temperature: TemperatureField
    /// Empty when the value has none.
    public let reportType: UnsafeRawBufferPointer
  }

  /// Checks the whole document and hands over its parts, or why it cannot be used.
  @inline(__always)
  public static func read<R>(
    _ value: UnsafeRawBufferPointer, _ body: (Result<Parts, TemperatureFault>) throws -> R
  ) rethrows -> R {
    var scanner = JSONScanner(value)
    var fields = Fields()
    guard scan(&scanner, &fields) else {
      return try body(.failure(TemperatureFault(reason: .badJSON)))
    }
    if fields.hasEscapes { return try readEscaped(value, scanner, fields, body) }
    return try body(
      parts(
        fields.station.map { view(value, $0) }, fields.date.map { view(value, $0) },
        fields.temperature.map { view(value, $0) }, fields.reportType.map { view(value, $0) }))
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

  private static func readEscaped<R>(
    _ value: UnsafeRawBufferPointer, _ scanner: JSONScanner, _ fields: Fields,
    _ body: (Result<Parts, TemperatureFault>) throws -> R
  ) rethrows -> R {
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

  @inline(__always)
  private static func scan(_ scanner: inout JSONScanner, _ fields: inout Fields) -> Bool {
    scanner.skipBlanks()
    guard scanner.take(UInt8(ascii: "{")) else { return false }
    scanner.skipBlanks()
    if !scanner.take(UInt8(ascii: "}")) {
      while true {
        guard let name = scanner.string() else { return false }
        scanner.skipBlanks()
        guard scanner.take(UInt8(ascii: ":")) else { return false }
        scanner.skipBlanks()
        guard member(name, &scanner, &fields) else { return false }
        scanner.skipBlanks()
        if scanner.take(UInt8(ascii: "}")) { break }
        guard scanner.take(UInt8(ascii: ",")) else { return false }
        scanner.skipBlanks()
      }
    }
    scanner.skipBlanks()
    return scanner.position == scanner.bytes.count
  }

  private enum Wanted { case station, date, temperature, reportType }

  @inline(__always)
  private static func member(
    _ name: JSONScanner.Text, _ scanner: inout JSONScanner, _ fields: inout Fields
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
    case 3 where equals(name, "TMP", scanner): return .temperature
    case 4 where equals(name, "DATE", scanner): return .date
    case 7 where equals(name, "STATION", scanner): return .station
    case 11 where equals(name, "REPORT_TYPE", scanner): return .reportType
    default: return nil
    }
  }

  @inline(__always)
  private static func equals(
    _ name: JSONScanner.Text, _ text: StaticString, _ scanner: JSONScanner
  ) -> Bool {
    for index in 0..<text.utf8CodeUnitCount
    where scanner.bytes[name.start &+ index] != text.utf8Start[index] {
      return false
    }
    return true
  }
}
