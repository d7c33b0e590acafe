// The rules of a backfill written again, as plainly as they can be said: every row is kept, and tables are
// worked out row by row. Slow, and that is all right.

import Aggregation
import Foundation
import Observations

/// A row of a file, as texts.
struct BackfillRow: Hashable {
  var station = "72530094846"
  var seconds = 0
  var report = "FM-15"
  var temperature = "+0100,1"
  var dewPoint = "+0050,1"
  var latitude = "41.96"
  var longitude = "-87.93"
  var elevation = "205.0"
  var name = "OHARE"

  static let header = "STATION,DATE,LATITUDE,LONGITUDE,ELEVATION,NAME,REPORT_TYPE,TMP,DEW\n"

  var date: String { String(Timestamp(secondsSinceEpoch: Int64(seconds)).description.dropLast()) }

  var csv: String {
    let fields = [
      station, date, latitude, longitude, elevation, name, report, temperature, dewPoint,
    ]
    return fields.map { "\"\($0.replacingOccurrences(of: "\"", with: "\"\""))\"" }
      .joined(separator: ",") + "\n"
  }
}

/// The rows folded by the code that is tested.
func folded(
  _ rows: [BackfillRow], _ rule: BackfillRule, receivedSeconds: Int64 = 4_000_000_000
) throws -> Partial {
  var builder = PartialBuilder(rule: rule, receivedSeconds: receivedSeconds)
  try fold(Array((BackfillRow.header + rows.map(\.csv).joined()).utf8), into: &builder)
  return builder.take()
}

func fold(_ bytes: [UInt8], into builder: inout PartialBuilder) throws {
  var decoder = FileDecoder(fileName: "rows.csv", columns: PartialBuilder.columns)
  try bytes.withUnsafeBytes { bytes in
    try decoder.decode(bytes) { builder.add($0) }
    try decoder.finish { builder.add($0) }
  }
}

/// The lines of a table, without its header.
func lines(
  _ set: ResultSet, of partial: Partial, weight: Weight = .reports,
  seasons: SeasonRule = .meteorological
) -> [String] {
  var rollUps = RollUps(sets: [set], rule: partial.rule, weight: weight, seasons: seasons)
  var text: [UInt8] = []
  for station in partial.stations {
    rollUps.add(station) { ResultText.appendCSV($0, to: &text) }
  }
  if set != .stationHour { rollUps.rows(of: set) { ResultText.appendCSV($0, to: &text) } }
  return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
}

/// Everything that rows say under a rule.
struct BackfillModel {
  let rule: BackfillRule
  let weight: Weight
  let seasons: SeasonRule
  private var accepted: [Reading] = []
  private var counted: [Reading] = []
  private(set) var refused: [String: Int] = [:]

  struct Reading {
    var row: BackfillRow
    var tenths: Int
    var dew: Int?
    /// Year, month, day.
    var date: (Int, Int, Int)
    var hour: Int { Int((Double(row.seconds) / 3600).rounded(.down)) }
    var minute: Int { (row.seconds - hour * 3600) / 60 }
  }

  init(
    _ rows: [BackfillRow], rule: BackfillRule, weight: Weight, seasons: SeasonRule,
    receivedSeconds: Int = 4_000_000_000
  ) {
    self.rule = rule
    self.weight = weight
    self.seasons = seasons
    for row in rows {
      let refusal = refusal(row, receivedSeconds)
      if let refusal {
        refused[refusal, default: 0] += 1
      } else {
        accepted.append(
          Reading(
            row: row, tenths: Int(row.temperature.prefix(5))!, dew: dew(row.dewPoint),
            date: Self.date(row.seconds)))
      }
    }
    counted = rule.reports == .all ? accepted : routine()
  }

  var acceptedCount: Int { accepted.count }

  private func refusal(_ row: BackfillRow, _ received: Int) -> String? {
    if ["SOD", "SOM"].contains(row.report.trimmingCharacters(in: .whitespaces)) {
      return "summary-report"
    }
    if row.temperature.hasPrefix("+9999") { return "missing-temperature" }
    if rule.quality == .passed, "2367".contains(row.temperature.last!) {
      return "suspect-or-erroneous"
    }
    return row.seconds > received + 86_400 ? "too-far-ahead" : nil
  }

  private func dew(_ text: String) -> Int? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard text.utf8.count == 7, parts.count == 2, parts[0].count == 5, let value = Int(parts[0]),
      "+-".contains(parts[0].first!), value >= -982, value <= 368,
      "012345679ACIMPRU".contains(parts[1])
    else { return nil }
    return rule.quality == .passed && "2367".contains(parts[1]) ? nil : value
  }

  // MARK: Routine reports

  private func routine() -> [Reading] {
    let byHour = Dictionary(grouping: accepted) { "\($0.row.station)/\($0.hour)" }
    var taken: [Reading] = []
    for (_, readings) in byHour {
      let hour = readings[0].hour
      let before = byHour["\(readings[0].row.station)/\(hour - 1)"] ?? []
      let hadMetar = before.contains { report($0) == "FM-15" && $0.minute >= 45 }
      let usable = readings.filter { reading in
        let isEarlySynop = report(reading) == "FM-12" && reading.minute < 10
        return report(reading) != "FM-16" && !(isEarlySynop && hadMetar)
      }
      func order(_ reading: Reading) -> [Int] {
        let isLast = report(reading) == "FM-12" && reading.minute < 10
        let rank = report(reading) == "FM-15" ? 0 : isLast ? 2 : 1
        return [rank, reading.row.seconds, reading.tenths, reading.dew ?? 99_999]
      }
      if let first = usable.min(by: { order($0).lexicographicallyPrecedes(order($1)) }) {
        taken.append(first)
      }
    }
    return taken
  }

  private func report(_ reading: Reading) -> String {
    reading.row.report.trimmingCharacters(in: .whitespaces)
  }

  // MARK: Tables

  /// A part of a key: the text of the cell, and what it is sorted by.
  private struct Key: Hashable {
    var text: String
    var order: [UInt8]

    init(text: String) {
      self.text = text
      order = Array(text.utf8)
    }

    init(_ number: Int) {
      text = String(number)
      order = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
  }

  func lines(_ set: ResultSet) -> [String] {
    let groups = Dictionary(grouping: counted) { key(set, $0) }
    let sorted = groups.keys.sorted { left, right in
      for (first, second) in zip(left, right) where first.order != second.order {
        return first.order.lexicographicallyPrecedes(second.order)
      }
      return false
    }
    return sorted.map { key in
      let fields =
        key.map(\.text) + figureColumns(set).map { figure($0, groups[key]!) }
      return fields.map { field in
        field.contains { "\",\n\r".contains($0) }
          ? "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\"" : field
      }.joined(separator: ",")
    }
  }

  private func figureColumns(_ set: ResultSet) -> [String] {
    switch set {
    case .hour, .stationHour, .day, .month, .season, .year, .cityMonth:
      ["count", "min", "mean", "max"]
    case .stationYear:
      ["count", "min", "mean", "max", "dew", "latitude", "longitude", "elevation"]
    case .meanTemperaturesByYear, .meanTemperaturesByMonth, .meanTemperaturesByDay,
      .meanTemperaturesBySeason:
      ["mean"]
    case .minMaxTemperaturesByYear, .minMaxTemperaturesByMonth, .minMaxTemperaturesByDay,
      .minMaxTemperaturesBySeason, .minMaxTemperaturesByMonthAndCity:
      ["min", "max"]
    case .meanDewByMonth: ["mean", "dew"]
    case .meanElevationByYear: ["mean", "elevation"]
    case .groupedByYearByStations: ["mean", "latitude", "longitude"]
    }
  }

  private func key(_ set: ResultSet, _ reading: Reading) -> [Key] {
    let (year, month, day) = reading.date
    let station = Key(text: reading.row.station)
    let hour = Key(
      text: Timestamp(secondsSinceEpoch: Int64(reading.hour * 3600)).description)
    switch set {
    case .hour: return [hour]
    case .stationHour: return [station, hour]
    case .day: return [Key(text: String(reading.row.date.prefix(10)))]
    case .meanTemperaturesByDay, .minMaxTemperaturesByDay: return [Key(year), Key(month), Key(day)]
    case .month, .meanTemperaturesByMonth, .minMaxTemperaturesByMonth, .meanDewByMonth:
      return [Key(year), Key(month)]
    case .year, .meanTemperaturesByYear, .minMaxTemperaturesByYear: return [Key(year)]
    case .season, .meanTemperaturesBySeason, .minMaxTemperaturesBySeason:
      return season(year, month, reading)
    case .cityMonth, .minMaxTemperaturesByMonthAndCity:
      let inMonth = sameMonth(reading)
      let name = latest(inMonth) { row in row.name.isEmpty ? nil : row.name } ?? ""
      return [Key(text: name), station, Key(year), Key(month)]
    case .stationYear, .groupedByYearByStations: return [station, Key(year)]
    case .meanElevationByYear: return [Key(year), station]
    }
  }

  private func season(_ year: Int, _ month: Int, _ reading: Reading) -> [Key] {
    let names = ["Winter", "Spring", "Summer", "Autumn"]
    func keys(_ year: Int, _ name: String) -> [Key] {
      var key = Key(names.firstIndex(of: name)!)
      key.text = name
      return [Key(year), key]
    }
    if seasons == .quarter { return keys(year, names[(month - 1) / 3]) }
    let northern = [
      12: "Winter", 1: "Winter", 2: "Winter", 3: "Spring", 4: "Spring", 5: "Spring", 6: "Summer",
      7: "Summer", 8: "Summer", 9: "Autumn", 10: "Autumn", 11: "Autumn",
    ][month]!
    let opposite = [
      "Winter": "Summer", "Spring": "Autumn", "Summer": "Winter", "Autumn": "Spring",
    ]
    let inMonth = sameMonth(reading)
    let latitude = coordinates(inMonth)?[0] ?? 0
    return keys(
      month == 12 ? year + 1 : year, latitude < 0 ? opposite[northern]! : northern)
  }

  /// The accepted readings of the reading's station that are in the same month.
  private func sameMonth(_ reading: Reading) -> [Reading] {
    accepted.filter { other in
      other.row.station == reading.row.station && other.date.0 == reading.date.0
        && other.date.1 == reading.date.1
    }
  }

  /// Latitude and longitude of the latest report that has both.
  private func coordinates(_ readings: [Reading]) -> [Int]? {
    let known = readings.compactMap { reading -> [Int]? in
      guard let latitude = Self.coordinate(reading.row.latitude, 90),
        let longitude = Self.coordinate(reading.row.longitude, 180)
      else { return nil }
      return [Int(reading.row.seconds), latitude, longitude]
    }
    return known.max { $0.lexicographicallyPrecedes($1) }.map { Array($0.dropFirst()) }
  }

  private func latest<Value: Comparable>(
    _ readings: [Reading], _ value: (BackfillRow) -> Value?
  ) -> Value? {
    let known = readings.compactMap { reading in
      value(reading.row).map { (reading.row.seconds, $0) }
    }
    return known.max { $0 < $1 }?.1
  }

  // MARK: Figures

  private func figure(_ name: String, _ readings: [Reading]) -> String {
    let hours = Dictionary(grouping: readings) { "\($0.row.station)/\($0.hour)" }
    let station = readings[0].row.station
    let year = readings[0].date.0
    let inYear = accepted.filter { $0.row.station == station && $0.date.0 == year }
    switch name {
    case "count": return String(weight == .reports ? readings.count : hours.count)
    case "min": return Self.decimal(readings.map(\.tenths).min()!, 1)
    case "max": return Self.decimal(readings.map(\.tenths).max()!, 1)
    case "mean": return mean(hours.values.map { $0.map(\.tenths) })
    case "dew": return mean(hours.values.map { $0.compactMap(\.dew) })
    case "latitude":
      return coordinates(inYear).map { Self.short($0[0]) } ?? ""
    case "longitude":
      return coordinates(inYear).map { Self.short($0[1]) } ?? ""
    default:
      let known = inYear.compactMap { Self.millionths($0.row.elevation) }
        .filter { $0 != 9_999_000_000 }
      return known.isEmpty ? "" : Self.decimal(Self.halfToEven(known.reduce(0, +), known.count), 6)
    }
  }

  /// - Parameter hours: the tenths of each hour of each station.
  private func mean(_ hours: [[Int]]) -> String {
    let known = hours.filter { !$0.isEmpty }
    guard !known.isEmpty else { return "" }
    if weight == .stations {
      let means = known.map { Self.halfToEven($0.reduce(0, +) * 100_000, $0.count) }
      return Self.decimal(Self.halfToEven(means.reduce(0, +), means.count), 6)
    }
    let all = known.flatMap { $0 }
    return Self.decimal(Self.halfToEven(all.reduce(0, +) * 100_000, all.count), 6)
  }

  /// The nearest whole number; of two, the even one.
  private static func halfToEven(_ dividend: Int, _ divisor: Int) -> Int {
    let low = Int((Double(dividend) / Double(divisor)).rounded(.down))
    return (low - 1...low + 2).min { left, right in
      let (first, second) = (
        abs(2 * dividend - 2 * left * divisor), abs(2 * dividend - 2 * right * divisor)
      )
      return first != second ? first < second : left % 2 == 0 && right % 2 != 0
    }!
  }

  private static func decimal(_ value: Int, _ places: Int) -> String {
    let digits = String(abs(value))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (value < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
  }

  private static func short(_ millionths: Int) -> String {
    var text = decimal(millionths, 6)
    while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
    return text
  }

  private static func coordinate(_ text: String, _ greatest: Int) -> Int? {
    millionths(text).flatMap { abs($0) <= greatest * 1_000_000 ? $0 : nil }
  }

  private static func millionths(_ text: String) -> Int? {
    guard let value = Decimal(string: text, locale: Locale(identifier: "en_US_POSIX")),
      text.allSatisfy({ "+-.0123456789".contains($0) })
    else { return nil }
    var exact = value * 1_000_000
    var rounded = Decimal()
    NSDecimalRound(&rounded, &exact, 0, .bankers)
    return NSDecimalNumber(decimal: rounded).intValue
  }

  private static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0)!
    return calendar
  }()

  private static func date(_ seconds: Int) -> (Int, Int, Int) {
    let parts = calendar.dateComponents(
      [.year, .month, .day], from: Date(timeIntervalSince1970: Double(seconds)))
    return (parts.year!, parts.month!, parts.day!)
  }
}
