// The first row of a global-hourly file: which field of a row is which column.

/// The columns of one file.
struct GlobalHourlyHeader {
  /// How many fields every row must have.
  let fieldCount: Int
  /// The columns asked for that the file has, with the index of each one's field in a row.
  let present: [(column: ObservationColumn, index: Int)]
  /// The last column when it is one that moaa reads, asked for or not. Of a row without its end that field
  /// may be incomplete when it is not in quotes, and a name also when it is: what looks like its closing
  /// quote may be the first of a doubled one.
  let lastWanted: ObservationColumn?

  /// - Parameter columns: those whose texts are asked for.
  /// - Throws: `DecodeFailure` when a column is missing that no observation can be without, or one that
  ///   moaa reads is there twice: nothing says which of the two is meant.
  init(
    _ row: UnsafeRawBufferPointer, fields: [CSVRowScanner.Field], columns: Set<ObservationColumn>
  ) throws {
    guard !row.contains(0) else {
      throw DecodeFailure(line: 1, "this is not CSV: the first line holds NUL bytes")
    }
    var found = [Int](repeating: -1, count: ObservationColumn.allCases.count)
    for (index, field) in fields.enumerated() {
      let name = ByteText.trimmed(UnsafeRawBufferPointer(rebasing: row[field.start..<field.end]))
      for column in ObservationColumn.allCases where name.elementsEqual(column.name.utf8) {
        guard found[column.rawValue] < 0 else {
          throw DecodeFailure(
            line: 1, "this is not global-hourly CSV: its header has the column \(column.name) twice"
          )
        }
        found[column.rawValue] = index
      }
    }
    let missing = [ObservationColumn.station, .date, .temperature].filter { found[$0.rawValue] < 0 }
    guard missing.isEmpty else {
      let names = missing.map(\.name).joined(separator: ", ")
      throw DecodeFailure(
        line: 1, "this is not global-hourly CSV: its header has no column \(names)")
    }
    fieldCount = fields.count
    lastWanted = ObservationColumn.allCases.first { found[$0.rawValue] == fields.count - 1 }
    present = ObservationColumn.allCases.compactMap { column in
      found[column.rawValue] < 0 || !columns.contains(column)
        ? nil : (column, found[column.rawValue])
    }
  }
}
