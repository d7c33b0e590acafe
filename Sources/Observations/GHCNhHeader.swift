// The first line of a GHCNh file: which field of a row is which column.

/// The columns of GHCNh that moaa reads.
enum GHCNhField: Int, CaseIterable {
  case station, name, date, year, month, day, hour, minute, latitude, longitude, elevation
  case temperature, temperatureQuality, temperatureReportType, temperatureSource
  case dewPoint, dewPointQuality, dewPointSource
  case pressure, pressureQuality, pressureSource

  /// Names in the header: of yearly files, then of a station's whole record where it has another. Case
  /// makes no difference.
  var names: [StaticString] {
    switch self {
    case .station: ["station", "station_id"]
    case .name: ["station_name"]
    case .date: ["date"]
    case .year: ["year"]
    case .month: ["month"]
    case .day: ["day"]
    case .hour: ["hour"]
    case .minute: ["minute"]
    case .latitude: ["latitude"]
    case .longitude: ["longitude"]
    case .elevation: ["elevation"]
    case .temperature: ["temperature"]
    case .temperatureQuality: ["temperature_quality_code"]
    case .temperatureReportType: ["temperature_report_type"]
    case .temperatureSource: ["temperature_source_code"]
    case .dewPoint: ["dew_point_temperature"]
    case .dewPointQuality: ["dew_point_temperature_quality_code"]
    case .dewPointSource: ["dew_point_temperature_source_code"]
    case .pressure: ["sea_level_pressure"]
    case .pressureQuality: ["sea_level_pressure_quality_code"]
    case .pressureSource: ["sea_level_pressure_source_code"]
    }
  }
}

/// The columns of one file.
struct GHCNhHeader {
  /// How many fields every row must have.
  let fieldCount: Int
  /// By index of a field in a row, up to the last that is read: the raw value of its `GHCNhField`, or -1.
  let slots: [Int]
  /// Whether the moment stands in DATE, not in Year to Minute.
  let hasDate: Bool

  /// Whether the last field of a row is read: then a row without its end may be incomplete.
  var readsLastField: Bool { slots.count == fieldCount }

  /// - Parameter line: without its terminator.
  /// - Throws: `DecodeFailure` when a column is missing that no observation can be without, or one that
  ///   moaa reads is there twice.
  init(_ line: UnsafeRawBufferPointer) throws {
    guard !line.contains(0) else {
      throw DecodeFailure(line: 1, "this is not GHCNh: the first line holds NUL bytes")
    }
    var slots: [Int] = []
    var found = Set<GHCNhField>()
    for part in line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false) {
      let name = ByteText.trimmed(UnsafeRawBufferPointer(rebasing: part))
      let field = GHCNhField.allCases.first { field in
        field.names.contains { Self.isEqual(name, $0) }
      }
      if let field, !found.insert(field).inserted {
        let text = String(decoding: name, as: UTF8.self)
        throw DecodeFailure(
          line: 1, "this is not GHCNh: its header has the column \(text) twice")
      }
      slots.append(field?.rawValue ?? -1)
    }
    fieldCount = slots.count
    while slots.last == -1 { slots.removeLast() }
    self.slots = slots
    hasDate = found.contains(.date)

    var missing: [String] = []
    if !found.contains(.station) { missing.append("STATION") }
    if !hasDate, !found.isSuperset(of: [.year, .month, .day, .hour, .minute]) {
      missing.append("DATE (or Year, Month, Day, Hour, Minute)")
    }
    if !found.contains(.temperature) { missing.append("temperature") }
    // What a code means depends on the source.
    if !found.contains(.temperatureQuality) { missing.append("temperature_Quality_Code") }
    if !found.contains(.temperatureSource) { missing.append("temperature_Source_Code") }
    guard missing.isEmpty else {
      throw DecodeFailure(
        line: 1, "this is not GHCNh: its header has no column \(missing.joined(separator: ", "))")
    }
  }

  private static func isEqual(_ text: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    guard text.count == name.utf8CodeUnitCount else { return false }
    return text.indices.allSatisfy { index in
      let isCapital = text[index] >= UInt8(ascii: "A") && text[index] <= UInt8(ascii: "Z")
      return text[index] | (isCapital ? 0x20 : 0) == name.utf8Start[index]
    }
  }
}
