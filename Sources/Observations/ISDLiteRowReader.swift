// One row of NCEI's ISD-Lite: an observation an hour, eight elements, no station and no quality codes.
// Positions here count from 0, in the format document from 1.
//
// Source: Integrated Surface Data - Lite, Format Documentation and Technical Document, June 20, 2006.

/// Reads rows of the station that the file's name says.
///
/// TMP, DEW and SLP get the quality code `9`, "passed gross limits check, if element is present":
/// the format has none, and values that failed NCEI's checks were left out when it was made. So
/// `QualityRule` refuses missing values only. SOURCE, REPORT_TYPE, CALL_SIGN, QUALITY_CONTROL,
/// NAME and the position are absent. DATE is the hour that the observation was assigned to by NCEI,
/// which may be up to ten minutes after the observation was made. Wind, sky and precipitation are
/// not read.
final class ISDLiteRowReader: FixedWidthReader {
  static let lineBytesMax = FixedWidth.keptBytesMax
  static let rowByteCount = 61
  private static let missing = -9999
  private static let qualityCode = UInt8(ascii: "9")

  private enum Field {
    static let year = 0..<4
    static let month = 5..<7
    static let day = 8..<10
    static let hour = 11..<13
    // Tenths of a degree Celsius, tenths of a hectopascal.
    static let temperature = 13..<19
    static let dewPoint = 19..<25
    static let seaLevelPressure = 25..<31
    static let blanks = [4, 7, 10]
  }

  private let texts = WrittenTexts()
  private let station: UnsafeMutableRawBufferPointer
  /// Whether the station, and with it every text, may stand in JSON as it is.
  private let isPlain: Bool

  /// - Parameter station: the station's id, as `ByteText.isStation` has it: USAF and WBAN number.
  init(station: String) {
    self.station = .allocate(byteCount: station.utf8.count, alignment: 1)
    self.station.copyBytes(from: station.utf8)
    precondition(
      ByteText.isStation(UnsafeRawBufferPointer(self.station)), "the station is an id of one")
    isPlain = station.utf8.allSatisfy {
      $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
  }

  deinit { station.deallocate() }

  func read(_ row: UnsafeRawBufferPointer, isTerminated: Bool) -> DecodedRow.Content {
    func text(_ field: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: row[field])
    }
    guard row.count == Self.rowByteCount else {
      let isCut = !isTerminated && row.count < Self.rowByteCount
      return .rejected(isCut ? .truncatedLine : .wrongLength)
    }
    guard let year = FixedNumber.unsigned(text(Field.year)),
      let month = FixedNumber.unsigned(text(Field.month)),
      let day = FixedNumber.unsigned(text(Field.day)),
      let hour = FixedNumber.unsigned(text(Field.hour)),
      Field.blanks.allSatisfy({ row[$0] == UInt8(ascii: " ") }),
      let time = Timestamp(year: year, month: month, day: day, hour: hour)
    else { return .rejected(.badDate) }
    guard let tenths = FixedNumber.rightAligned(text(Field.temperature)) else {
      return .rejected(.badTemperature)
    }
    // Checked here, for ISD-Lite's 9999 is a number, and ISD's means that there is none.
    let isMissing = tenths == Self.missing
    guard isMissing || TemperatureField.range.contains(tenths) else {
      return .rejected(.temperatureOutOfRange)
    }
    guard let dewPoint = FixedNumber.rightAligned(text(Field.dewPoint)),
      dewPoint == Self.missing || abs(dewPoint) < 9999,
      let pressure = FixedNumber.rightAligned(text(Field.seaLevelPressure)),
      pressure == Self.missing || (0..<99_999).contains(pressure)
    else { return .rejected(.badNumber) }

    let station = UnsafeRawBufferPointer(station)
    texts.begin()
    texts.set(.station, station)
    texts.write(.date) { time.put(to: &$0) }
    texts.write(.temperature) { Self.putTenths(tenths, to: &$0) }
    texts.write(.dewPoint) { Self.putTenths(dewPoint, to: &$0) }
    texts.write(.seaLevelPressure) {
      $0.putDecimal(pressure == Self.missing ? 99_999 : UInt64(pressure), atLeast: 5)
      Self.putQualityCode(to: &$0)
    }
    return .observation(
      ObservationRow(
        station: station, time: time,
        temperature: TemperatureField(
          tenths: isMissing ? nil : Int16(tenths), qualityCode: Self.qualityCode),
        isPlain: isPlain, texts: texts.texts))
  }

  /// `+0123,9`, and `+9999,9` for a missing value.
  private static func putTenths(_ value: Int, to cursor: inout ByteCursor) {
    let isNegative = value < 0 && value != missing
    cursor.put(isNegative ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    cursor.putDecimal(UInt64(value.magnitude), atLeast: 4)
    putQualityCode(to: &cursor)
  }

  private static func putQualityCode(to cursor: inout ByteCursor) {
    cursor.put(UInt8(ascii: ","))
    cursor.put(qualityCode)
  }
}
