// REM: the report as it was sent, a METAR or a SYNOP, behind its kind and its length in three digits.

/// Writes the text of one report.
struct RemarkWriter {
  let station: SampleStation
  let dayOfMonth: Int
  let weather: Weather
  let temperature: ReportedTemperature
  /// Whether a part with commas and quotes follows. In the file the quotes are doubled; the length
  /// counts the text without that.
  let hasQuotes: Bool

  private static let quotedPart: StaticString = #" SENSOR ""NORTH"", CHECKED, OK"#
  private static let quotesDoubled = 2

  /// `MET077METAR KDIR 010251Z 11011KT 10SM BKN043 M01/M10 A2971 RMK AO2 SLP063 T10151097`
  func writeMetar(_ report: Report, to out: inout ByteWriter) {
    out.text("MET")
    let length = out.position
    out.text("000")
    out.text(report.kind == .special ? "SPECI " : "METAR ")
    var callSign = station.callSign
    callSign.withUTF8 { for byte in $0 { out.byte(byte) } }
    out.text(" ")
    out.digits(dayOfMonth, 2)
    out.digits(report.minuteOfDay / 60, 2)
    out.digits(report.minuteOfDay % 60, 2)
    out.text("Z ")
    writeWind(to: &out)
    let isRaining = weather.rainTenths > 0
    if station.isUnitedStates {
      out.text(isRaining ? " 3SM -RA " : " 10SM ")
    } else {
      out.text(isRaining ? " 4800 -RA " : " 9999 ")
    }
    writeSky(to: &out)
    writeWholeDegrees(to: &out)
    if station.isUnitedStates {
      out.text(" A")
      out.digits(weather.seaLevelTenths * 2953 / 10_000, 4)
      out.text(" RMK AO2 SLP")
      out.digits(weather.seaLevelTenths, 3)
      writeTenths(to: &out)
      if hasQuotes { out.text(Self.quotedPart) }
    } else {
      out.text(" Q")
      out.digits(weather.seaLevelTenths / 10, 4)
      out.text(" NOSIG")
      if hasQuotes {
        out.text(" RMK")
        out.text(Self.quotedPart)
      }
      out.text("=")
    }
    Self.setLength(at: length, out, hasQuotes: hasQuotes)
  }

  /// `SYN053AAXX 01031 72271 42998 51105 11017 21099 39896 40064=`
  func writeSynop(_ report: Report, to out: inout ByteWriter) {
    out.text("SYN")
    let length = out.position
    out.text("000AAXX ")
    out.digits(dayOfMonth, 2)
    out.digits(report.minuteOfDay / 60, 2)
    out.text("1 ")
    var id = station.id
    id.withUTF8 { for byte in $0.prefix(5) { out.byte(byte) } }
    out.text(weather.rainTenths > 0 ? " 41548 " : " 42998 ")
    out.digits(weather.oktas, 1)
    out.digits(weather.windTenths < 5 ? 0 : weather.windTens, 2)
    out.digits((weather.windTenths + 5) / 10, 2)
    if !temperature.isMissing {
      writeGroup(" 1", temperature.air, to: &out)
      writeGroup(" 2", temperature.dewPoint, to: &out)
    }
    out.text(" 3")
    out.digits(weather.stationPressureTenths, 4)
    out.text(" 4")
    out.digits(weather.seaLevelTenths, 4)
    if hasQuotes { out.text(Self.quotedPart) }
    out.text("=")
    Self.setLength(at: length, out, hasQuotes: hasQuotes)
  }

  /// Writes the length of what stands behind the three digits at `place`.
  static func setLength(
    at place: UnsafeMutablePointer<UInt8>, _ out: ByteWriter, hasQuotes: Bool = false
  ) {
    var digits = ByteWriter(at: place)
    let count = out.position - place - 3
    digits.digits(hasQuotes ? count - quotesDoubled : count, 3)
  }

  /// Direction and knots.
  private func writeWind(to out: inout ByteWriter) {
    let isCalm = weather.windTenths < 5
    out.digits(isCalm ? 0 : weather.windTens * 10, 3)
    out.digits(isCalm ? 0 : (weather.windTenths * 19_438 + 50_000) / 100_000, 2)
    out.text("KT")
  }

  /// The cover in words, and the base in hundreds of feet.
  private func writeSky(to out: inout ByteWriter) {
    switch weather.oktas {
    case 0:
      out.text("SKC")
      return
    case 1...2: out.text("FEW")
    case 3...4: out.text("SCT")
    case 5...7: out.text("BKN")
    default: out.text("OVC")
    }
    out.digits(weather.cloudBaseMeters * 100 / 3048, 3)
  }

  private func writeWholeDegrees(to out: inout ByteWriter) {
    if temperature.isMissing {
      out.text(" /////")
      return
    }
    func write(_ tenths: Int, _ out: inout ByteWriter) {
      let degrees = floorDivide(tenths + 5, 10)
      if degrees < 0 { out.text("M") }
      out.digits(abs(degrees), 2)
    }
    out.text(" ")
    write(temperature.air, &out)
    out.text("/")
    write(temperature.dewPoint, &out)
  }

  private func writeTenths(to out: inout ByteWriter) {
    guard !temperature.isMissing else { return }
    writeGroup(" T", temperature.air, to: &out)
    writeGroup("", temperature.dewPoint, to: &out)
  }

  /// A sign as 0 or 1, and three digits.
  private func writeGroup(_ start: StaticString, _ tenths: Int, to out: inout ByteWriter) {
    out.text(start)
    out.digits(tenths < 0 ? 1 : 0, 1)
    out.digits(abs(tenths), 3)
  }
}
