// A table of hours as a target has it, and the expressions that both sides compute of its rows.

import Aggregation
import Observations

/// The types of a table's figures, looked up.
struct HoursLayout {
  let table: HoursTable
  let types: [FigureType]
  /// Whether the station's column sorts by bytes.
  private let isStationBinary: Bool
  private let stationCharactersMax: Int

  /// - Throws: a setup failure when the table or one of its columns is missing or of another kind.
  init(_ table: HoursTable, in connection: MySQLConnection) throws(MySQLFailure) {
    self.table = table
    guard let found = try FoundTable.find(table.name, on: connection) else {
      throw .own(
        "there is no table \(table.name)",
        remedy: "Run `moaa sync mysql`, which makes and fills it.")
    }
    func column(_ name: Identifier) throws(MySQLFailure) -> FoundColumn {
      guard let column = found.column(name) else {
        throw .own(
          "the table \(table.name) has no column \(name)",
          remedy: "The table is not the one of the wire contract: rename it, or add the column.")
      }
      return column
    }
    var types: [FigureType] = []
    for name in HoursTable.figures {
      let column = try column(name)
      guard let type = FigureType(column) else {
        throw .own(
          "the column \(name) of the table \(table.name) is \(column.fullType)",
          remedy: "Make it FLOAT again, or DOUBLE, or DECIMAL with 1 to 6 decimals.")
      }
      types.append(type)
    }
    self.types = types
    for name in table.columns { _ = try column(name) }
    if table == .byStation {
      let station = try column(HoursTable.station)
      stationCharactersMax = station.characterCount
      isStationBinary = station.type == "varbinary" || station.collation.hasSuffix("bin")
    } else {
      stationCharactersMax = 0
      isStationBinary = true
    }
  }

  // MARK: The server's side

  private var figuresSQL: [String] {
    let figures = HoursTable.figures.map(FigureType.tenThousandthsSQL)
    return table == .byStation ? [HoursTable.count.quoted] + figures : figures
  }

  private var keysSQL: [String] {
    let hour = "DATE_FORMAT(\(HoursTable.hour.quoted), '%Y-%m-%d %H:%i:%s')"
    return table == .byStation
      ? ["CONVERT(\(HoursTable.station.quoted) USING utf8mb4)", hour] : [hour]
  }

  /// Day, count, checksum; a row for each day.
  var daySumsSQL: String {
    let text = (keysSQL + figuresSQL).joined(separator: ", ")
    return
      "SELECT DATE(\(HoursTable.hour.quoted)) AS day_of_hours, COUNT(*), "
      + "\(RowHash.sumSQL("CONCAT_WS('|', \(text))")) "
      + "FROM \(table.name.quoted) GROUP BY day_of_hours"
  }

  /// Keys, then the compared figures, then the columns as they are: sorted by key. With two
  /// parameters for each range of days.
  func rowsSQL(rangeCount: Int) -> String {
    let range = "\(HoursTable.hour.quoted) BETWEEN ? AND ?"
    let order = table.keys.map {
      $0 == HoursTable.station && !isStationBinary ? "CAST(\($0.quoted) AS BINARY)" : $0.quoted
    }
    let columns = table.keys.map(\.quoted) + figuresSQL + HoursTable.figures.map(\.quoted)
    return
      "SELECT \(columns.joined(separator: ", ")) FROM \(table.name.quoted) "
      + "WHERE \(repeatElement(range, count: rangeCount).joined(separator: " OR ")) "
      + "ORDER BY \(order.joined(separator: ", "))"
  }

  // MARK: Our side

  /// Why the table cannot hold an hour, or not tell its station from others; nil when it can.
  func misfit(_ hour: WindowResult) -> String? {
    let year = Timestamp.calendar(dayNumber: hour.day).year
    guard (1...9999).contains(year) else { return "no DATETIME has its year" }
    guard table == .byStation else { return nil }
    guard let text = String(validating: hour.key, as: UTF8.self) else {
      return "its station id is not UTF-8"
    }
    guard text.unicodeScalars.count <= stationCharactersMax else {
      return "its station id has \(text.unicodeScalars.count) characters, "
        + "\(stationCharactersMax) at most fit"
    }
    // Comparison pads with blanks.
    return hour.key.last == UInt8(ascii: " ") ? "its station id ends with a blank" : nil
  }

  /// Count, where the table has one, and ten-thousandths of mean, min and max.
  func figures(of hour: WindowResult) -> [Int64] {
    let figures = zip(types, hour.figuresMillionths).map { $0.tenThousandths(ofMillionths: $1) }
    return table == .byStation ? [hour.accumulator.count] + figures : figures
  }

  /// Writes an hour as the server makes it a text: keys and compared figures.
  func write(_ hour: WindowResult, to text: inout [UInt8]) {
    text.removeAll(keepingCapacity: true)
    if table == .byStation {
      text += hour.key
      text.append(UInt8(ascii: "|"))
    }
    let start = text.count
    hour.startTime.append(to: &text)
    text[start + 10] = UInt8(ascii: " ")
    // Without the Z.
    text.removeLast()
    for figure in figures(of: hour) {
      text.append(UInt8(ascii: "|"))
      FigureText.append(figure, to: &text)
    }
  }
}
