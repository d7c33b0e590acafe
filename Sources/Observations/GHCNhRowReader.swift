// One row of NOAA's GHCNh: an observation of up to 38 variables, of which a few are read.
//
// Source: as of `GHCNhQuality`, sections III, IV and X.

/// Reads rows of a file with a known header.
///
/// The texts become those that NCEI's CSV would have, so that a raw record means the same whatever it
/// was read from: TMP and DEW in tenths of a degree and SLP in tenths of a hectopascal, of more decimals
/// rounded half to even; the quality code that of `GHCNhQuality`, whose name, with source and code as
/// they stood, goes into QUALITY_RULE. SOURCE is the temperature's source code and REPORT_TYPE its
/// report type, in ISD's spelling. An elevation that is missing (-999.9) is written as ISD's CSV does.
/// CALL_SIGN and QUALITY_CONTROL are absent. A dew point or pressure that is missing, no number, too
/// large to be written or of unknown quality is written as missing.
final class GHCNhRowReader: FixedWidthReader {
  /// Far beyond real rows, which have 234 to 238 fields.
  static let lineBytesMax = 1 << 16

  private let header: GHCNhHeader
  private let texts = WrittenTexts()
  /// By `GHCNhField`; empty where the file has no such column.
  private var fields: [UnsafeRawBufferPointer]

  private static let unjudged = UInt8(ascii: "9")
  /// What stands for a missing value where the field is not empty, in tenths.
  private static let missingTenths: Set<Int64> = [99_990, -99_990]
  private static let missingElevationThousandths: Int64 = -999_900

  init(_ header: GHCNhHeader) {
    self.header = header
    fields = [UnsafeRawBufferPointer](
      repeating: UnsafeRawBufferPointer(start: nil, count: 0), count: GHCNhField.allCases.count)
  }

  func read(_ row: UnsafeRawBufferPointer, isTerminated: Bool) -> DecodedRow.Content {
    let fieldCount = split(row)
    guard fieldCount >= header.fieldCount else {
      return .rejected(isTerminated ? .tooFewFields : .truncatedLine)
    }
    guard fieldCount == header.fieldCount else { return .rejected(.tooManyFields) }
    // More of the last field may be to come.
    if !isTerminated, header.readsLastField { return .rejected(.truncatedLine) }

    let station = ByteText.trimmed(self[.station])
    guard ByteText.isStation(station) else { return .rejected(.badStation) }
    guard let time = time() else { return .rejected(.badDate) }
    let temperature: TemperatureField
    let (source, code) = (ByteText.trimmed(self[.temperatureSource]), self[.temperatureQuality])
    switch Self.value(self[.temperature]) {
    case .notANumber: return .rejected(.badTemperature)
    case .missing: temperature = TemperatureField(tenths: nil, qualityCode: Self.unjudged)
    case .tenths(let tenths):
      guard TemperatureField.range.contains(Int(tenths)) else {
        return .rejected(.temperatureOutOfRange)
      }
      guard let isdCode = GHCNhQuality.isdCode(source: source, code: code) else {
        return .rejected(.unknownQualityCode)
      }
      temperature = TemperatureField(tenths: Int16(tenths), qualityCode: isdCode)
    }
    guard source.count <= GHCNhQuality.codeBytesMax,
      ByteText.trimmed(code).count <= GHCNhQuality.codeBytesMax
    else { return .rejected(.unknownQualityCode) }
    return .observation(observation(station, time, temperature, source: source))
  }

  private subscript(field: GHCNhField) -> UnsafeRawBufferPointer { fields[field.rawValue] }

  /// - Returns: how many fields the row has.
  private func split(_ row: UnsafeRawBufferPointer) -> Int {
    var index = 0
    var start = 0
    for place in 0...row.count where place == row.count || row[place] == UInt8(ascii: "|") {
      if index < header.slots.count, header.slots[index] >= 0 {
        fields[header.slots[index]] = UnsafeRawBufferPointer(rebasing: row[start..<place])
      }
      index += 1
      start = place + 1
    }
    return index
  }

  private func time() -> Timestamp? {
    if header.hasDate { return Timestamp(ByteText.trimmed(self[.date])) }
    func number(_ field: GHCNhField) -> Int? {
      let text = ByteText.trimmed(self[field])
      return text.count <= 4 ? FixedNumber.unsigned(text) : nil
    }
    guard let year = number(.year), let month = number(.month), let day = number(.day),
      let hour = number(.hour), let minute = number(.minute)
    else { return nil }
    return Timestamp(year: year, month: month, day: day, hour: hour, minute: minute)
  }

  private enum Value {
    case tenths(Int64)
    case missing
    case notANumber
  }

  private static func value(_ text: UnsafeRawBufferPointer) -> Value {
    if ByteText.trimmed(text).isEmpty { return .missing }
    guard let tenths = DecimalText.scaled(text, decimals: 1) else { return .notANumber }
    return missingTenths.contains(tenths) ? .missing : .tenths(tenths)
  }

  // MARK: The texts of the raw record

  private func observation(
    _ station: UnsafeRawBufferPointer, _ time: Timestamp, _ temperature: TemperatureField,
    source: UnsafeRawBufferPointer
  ) -> ObservationRow {
    texts.begin()
    texts.set(.station, station)
    texts.write(.date) { time.put(to: &$0) }
    texts.set(.source, source)
    let reportType = ByteText.trimmed(self[.temperatureReportType])
    if let name = GHCNhReportType.isdName(reportType) {
      texts.write(.reportType) { $0.put(name) }
    } else {
      texts.set(.reportType, reportType)
    }
    texts.write(.temperature) {
      Self.putTenths(temperature.tenths.map(Int64.init), temperature.qualityCode, to: &$0)
    }
    texts.set(.latitude, ByteText.trimmed(self[.latitude]))
    texts.set(.longitude, ByteText.trimmed(self[.longitude]))
    setElevation()
    texts.set(.name, ByteText.trimmed(self[.name]))
    let dewPoint = self.value(.dewPoint, .dewPointSource, .dewPointQuality, in: -9998...9998)
    texts.write(.dewPoint) { Self.putTenths(dewPoint.tenths, dewPoint.code, to: &$0) }
    let pressure = self.value(.pressure, .pressureSource, .pressureQuality, in: 0...99_998)
    texts.write(.seaLevelPressure) {
      $0.putDecimal(UInt64(pressure.tenths ?? 99_999), atLeast: 5)
      $0.put(UInt8(ascii: ","))
      $0.put(pressure.code)
    }
    let code = ByteText.trimmed(self[.temperatureQuality])
    let rule = texts.write {
      $0.put(GHCNhQuality.ruleName)
      $0.put(UInt8(ascii: " "))
      $0.put(source)
      $0.put(UInt8(ascii: ":"))
      $0.put(code)
    }
    return ObservationRow(
      station: station, time: time, temperature: temperature, isPlain: isPlain(),
      texts: texts.texts, qualityRule: rule)
  }

  private func setElevation() {
    let text = ByteText.trimmed(self[.elevation])
    if DecimalText.scaled(text, decimals: 3) == Self.missingElevationThousandths {
      texts.write(.elevation) { $0.put("9999.0") }
    } else {
      texts.set(.elevation, text)
    }
  }

  /// A value that is kept beside the temperature; missing when it cannot be used.
  private func value(
    _ value: GHCNhField, _ source: GHCNhField, _ code: GHCNhField, in range: ClosedRange<Int64>
  ) -> (tenths: Int64?, code: UInt8) {
    guard case .tenths(let tenths) = Self.value(self[value]), range.contains(tenths),
      let isdCode = GHCNhQuality.isdCode(source: self[source], code: self[code])
    else { return (nil, Self.unjudged) }
    return (tenths, isdCode)
  }

  /// `+0123,1`, and `+9999,9` for a missing value.
  private static func putTenths(_ value: Int64?, _ code: UInt8, to cursor: inout ByteCursor) {
    cursor.put(value ?? 0 < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    cursor.putDecimal(UInt64((value ?? 9999).magnitude), atLeast: 4)
    cursor.put(UInt8(ascii: ","))
    cursor.put(code)
  }

  /// Whether what was taken over may stand in JSON as it is.
  private func isPlain() -> Bool {
    let taken: [GHCNhField] = [
      .station, .name, .temperatureSource, .temperatureReportType, .temperatureQuality, .latitude,
      .longitude, .elevation,
    ]
    return taken.allSatisfy { field in
      self[field].allSatisfy {
        $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
      }
    }
  }
}
