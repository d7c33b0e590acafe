// One report as a row of NCEI's global-hourly CSV: every value quoted, an empty one nothing at all.
//
// Source: Federal Climate Complex Data Documentation for Integrated Surface Data, January 2018, for
// the fields; NCEI's own files for their dress.

import Observations

/// Writes a station's rows.
struct RowWriter {
  static let header: StaticString = """
    "STATION","DATE","SOURCE","LATITUDE","LONGITUDE","ELEVATION","NAME","REPORT_TYPE","CALL_SIGN",\
    "QUALITY_CONTROL","WND","CIG","VIS","TMP","DEW","SLP","AA1","GA1","GF1","MA1","REM"

    """
  /// No row is longer: 21 fields of at most 64 bytes, but for REM, which is below 300.
  static let rowBytesMax = 1600

  private let station: SampleStation
  /// `"72530094846","`
  private let start: [UInt8]
  /// `","41.967201","-87.931034","205.0","ALDERHOLM AIRPORT, IL US","`
  private let place: [UInt8]
  /// The CALL_SIGN of a report that is not a SYNOP.
  private let callSign: [UInt8]
  /// `2022-06-24T`, and the day of the month alone.
  private var date: [UInt8] = []
  private var dayOfMonth = 0
  private var dayStartSecond = 0

  init(_ station: SampleStation) {
    self.station = station
    start = Array("\"\(station.id)\",\"".utf8)
    let place = [station.latitude, station.longitude, station.elevation, station.name]
    self.place = Array("\",\"\(place.joined(separator: "\",\""))\",\"".utf8)
    callSign = Array((station.showsCallSign ? station.callSign + " " : "99999").utf8)
  }

  /// - Parameter dayIndex: counted from 1970-01-01.
  mutating func begin(day dayIndex: Int) {
    let calendar = Timestamp.calendar(dayNumber: Int64(dayIndex))
    date.removeAll(keepingCapacity: true)
    Timestamp(secondsSinceEpoch: Int64(dayIndex) * 86_400).append(to: &date)
    date.removeLast(date.count - 11)
    dayOfMonth = calendar.day
    dayStartSecond = dayIndex * 86_400
  }

  /// Writes a whole row with its newline. What is drawn of `chance` depends on the report's kind
  /// and earlier draws alone.
  func write(_ report: Report, _ chance: inout SplitMix64, to out: inout ByteWriter) {
    let minute = report.minuteOfDay
    out.bytes(start)
    out.bytes(date)
    out.digits(minute / 60, 2)
    out.text(":")
    out.digits(minute % 60, 2)
    out.text(":00\",\"")
    out.byte(source(report.kind))
    out.bytes(place)
    if report.kind == .summary {
      writeSummary(&chance, to: &out)
    } else {
      let weather = station.climate.weather(at: dayStartSecond + minute * 60)
      writeObservation(report, weather, &chance, to: &out)
    }
  }

  private func source(_ kind: Report.Kind) -> UInt8 {
    switch kind {
    case .synop: UInt8(ascii: "4")
    case .metar, .special: station.isUnitedStates ? UInt8(ascii: "7") : UInt8(ascii: "4")
    case .summary: UInt8(ascii: "6")
    }
  }

  // MARK: Observations

  private func writeObservation(
    _ report: Report, _ weather: Weather, _ chance: inout SplitMix64, to out: inout ByteWriter
  ) {
    let isSynop = report.kind == .synop
    let isOfNCEI = station.isUnitedStates && !isSynop
    let quality = isOfNCEI ? UInt8(ascii: "5") : UInt8(ascii: "1")
    let draw = chance.next()
    let temperature = ReportedTemperature(
      weather, draw: draw, passed: quality, inWholeDegrees: !isSynop && !station.isUnitedStates)
    switch report.kind {
    case .synop: out.text("FM-12\",\"99999")
    case .metar: out.text("FM-15\",\"")
    case .special: out.text("FM-16\",\"")
    case .summary: preconditionFailure("a summary is no observation")
    }
    if !isSynop { out.bytes(callSign) }
    out.text(isOfNCEI ? "\",\"V030\",\"" : "\",\"V020\",\"")

    writeWind(weather, quality, to: &out)
    let hasCeiling = weather.oktas >= 5
    out.digits(hasCeiling ? weather.cloudBaseMeters : 22_000, 5)
    out.text(",")
    out.byte(quality)
    out.text(isOfNCEI && hasCeiling ? ",M,N\",\"" : ",9,N\",\"")
    out.digits(visibilityMeters(weather, isOfNCEI), 6)
    out.text(",")
    out.byte(quality)
    out.text(isOfNCEI ? ",N,5\",\"" : ",9,9\",\"")
    temperature.write(to: &out)
    if report.kind == .metar && isOfNCEI || isSynop {
      out.digits(weather.seaLevelTenths, 5)
      out.text(",")
      out.byte(quality)
    } else {
      out.text("99999,9")
    }
    out.text("\",")
    writeRain(report, weather, quality, to: &out)
    writeClouds(weather, quality, isSynop: isSynop, to: &out)
    writePressure(report, weather, quality, to: &out)

    let remark = RemarkWriter(
      station: station, dayOfMonth: dayOfMonth, weather: weather, temperature: temperature,
      hasQuotes: draw >> 40 & 1023 < UInt64(Quirks.quotedRemark))
    if isSynop {
      remark.writeSynop(report, to: &out)
    } else {
      remark.writeMetar(report, to: &out)
    }
    out.text("\"\n")
  }

  private func writeWind(_ weather: Weather, _ quality: UInt8, to out: inout ByteWriter) {
    if weather.windTenths < 5 {
      out.text("999,9,C,0000,")
    } else {
      out.digits(weather.windTens * 10, 3)
      out.text(",")
      out.byte(quality)
      out.text(",N,")
      out.digits(weather.windTenths, 4)
      out.text(",")
    }
    out.byte(quality)
    out.text("\",\"")
  }

  private func visibilityMeters(_ weather: Weather, _ isOfNCEI: Bool) -> Int {
    // Ten and three miles, or as the others write it.
    switch (isOfNCEI, weather.rainTenths > 0) {
    case (true, false): 16_093
    case (true, true): 4828
    case (false, false): 9999
    case (false, true): 4800
    }
  }

  /// AA1: hours, tenths of a millimetre.
  private func writeRain(
    _ report: Report, _ weather: Weather, _ quality: UInt8, to out: inout ByteWriter
  ) {
    let hours =
      switch report.kind {
      case .synop: report.minuteOfDay % 360 == 0 ? 6 : 3
      case .metar where station.isUnitedStates: 1
      default: 0
      }
    if weather.rainTenths > 0, hours > 0 {
      out.text("\"")
      out.digits(hours, 2)
      out.text(",")
      out.digits(hours * weather.rainTenths, 4)
      out.text(",9,")
      out.byte(quality)
      out.text("\"")
    }
    out.text(",")
  }

  /// GA1, a layer of clouds, and GF1, the whole sky.
  private func writeClouds(
    _ weather: Weather, _ quality: UInt8, isSynop: Bool, to out: inout ByteWriter
  ) {
    if weather.oktas == 0 {
      out.text(",\"00,99,1,00,1,99,9,99999,9,99,9,99,9\",")
      return
    }
    out.text("\"")
    out.digits(weather.oktas, 2)
    out.text(",")
    out.byte(quality)
    out.text(",+")
    out.digits(weather.cloudBaseMeters, 5)
    out.text(",")
    out.byte(quality)
    out.text(isSynop ? ",06,1\",\"" : ",99,9\",\"")
    out.digits(weather.oktas, 2)
    out.text(",99,1,")
    out.digits(weather.oktas, 2)
    out.text(",1,99,9,")
    out.digits(weather.cloudBaseMeters, 5)
    out.text(",1,99,9,99,9\",")
  }

  /// MA1: the altimeter setting of a METAR, the pressure at the station of a SYNOP, both of one from
  /// the United States.
  private func writePressure(
    _ report: Report, _ weather: Weather, _ quality: UInt8, to out: inout ByteWriter
  ) {
    out.text("\"")
    if report.kind == .synop {
      out.text("99999,9")
    } else {
      let altimeter = weather.seaLevelTenths
      out.digits(station.isUnitedStates ? altimeter : altimeter / 10 * 10, 5)
      out.text(",")
      out.byte(quality)
    }
    out.text(",")
    if report.kind == .synop || station.isUnitedStates {
      out.digits(weather.stationPressureTenths, 5)
      out.text(",")
      out.byte(quality)
    } else {
      out.text("99999,9")
    }
    out.text("\",\"")
  }

  // MARK: The summary of the day

  private func writeSummary(_ chance: inout SplitMix64, to out: inout ByteWriter) {
    out.text("SOD  \",\"")
    out.bytes(callSign)
    out.text(station.isUnitedStates ? "\",\"V030" : "\",\"V020")
    out.text(
      "\",\"999,9,9,9999,9\",\"99999,9,9,9\",\"999999,9,9,9\",\"+9999,9\",\"+9999,9\",\"99999,9\",")
    let rain = max(0, chance.next(in: -200...99))
    out.text("\"24,")
    out.digits(rain, 4)
    out.text(",9,5\",,,,\"SOD")
    let length = out.position
    out.text("00024 HR PRECIPITATION (IN): ")
    out.digits(rain / 254, 1)
    out.text(".")
    out.digits(rain * 100 / 254, 2)
    out.text(" AVERAGE WIND SPEED (MPH): ")
    out.digits(chance.next(in: 3...18), 2)
    out.text(".0 24 HR SNOWFALL (IN): 0.0 SNOW DEPTH (IN): 0")
    RemarkWriter.setLength(at: length, out)
    out.text("\"\n")
  }
}
