// Files of GHCNh for tests, laid out as NOAA's documentation has them: all columns, most of them empty.
//
// Source: README File for GHCNh, version 1.0.1, sections III and X.

/// A row of GHCNh and the headers of both kinds of files.
struct GHCNhText {
  var station = "USW00094846"
  var name = "CHICAGO OHARE INTL AP"
  var date = "2026-01-01T00:51:00"
  var latitude = "41.9602"
  var longitude = "-87.9316"
  var elevation = "204.8"
  var temperature = "-11.1"
  var quality = "5"
  var reportType = "FM15-METAR"
  var source = "343"
  var dewPoint = "-14.4"
  var dewPointQuality = "5"
  var pressure = "1027.3"

  /// The 38 variables, each of which has five more columns.
  static let variables = [
    "temperature", "dew_point_temperature", "station_level_pressure", "sea_level_pressure",
    "wind_direction", "wind_speed", "wind_gust", "precipitation", "relative_humidity",
    "wet_bulb_temperature", "pres_wx_MW1", "pres_wx_MW2", "pres_wx_MW3", "pres_wx_AU1",
    "pres_wx_AU2", "pres_wx_AU3", "pres_wx_AW1", "pres_wx_AW2", "pres_wx_AW3", "snow_depth",
    "visibility", "altimeter", "pressure_3hr_change", "sky_cover_1", "sky_cover_baseht_1",
    "sky_cover_2", "sky_cover_baseht_2", "sky_cover_3", "sky_cover_baseht_3",
    "precipitation_3_hour", "precipitation_6_hour", "precipitation_9_hour", "precipitation_12_hour",
    "precipitation_15_hour", "precipitation_18_hour", "precipitation_21_hour",
    "precipitation_24_hour", "remarks",
  ]

  private static let variableColumns: [String] = variables.flatMap { variable in
    [
      "", "_Measurement_Code", "_Quality_Code", "_Report_Type", "_Source_Code",
      "_Source_Station_ID",
    ].map { variable + $0 }
  }

  /// Of a file of one year: 234 columns.
  static let yearlyHeader =
    (["STATION", "Station_name", "DATE", "LATITUDE", "LONGITUDE", "ELEVATION"] + variableColumns)
    .joined(separator: "|")

  /// Of a station's whole record: 238 columns.
  static let recordHeader =
    ([
      "Station_ID", "Station_name", "Year", "Month", "Day", "Hour", "Minute", "Latitude",
      "Longitude",
      "Elevation",
    ] + variableColumns).joined(separator: "|")

  private var values: [String] {
    Self.variables.flatMap { variable in
      switch variable {
      case "temperature": [temperature, "", quality, reportType, source, "ICAO-KORD"]
      case "dew_point_temperature":
        [dewPoint, "", dewPointQuality, reportType, source, "ICAO-KORD"]
      case "sea_level_pressure": [pressure, "", "5", reportType, source, "ICAO-KORD"]
      case "wind_direction": ["VRB", "V-Variable", "5", reportType, source, "ICAO-KORD"]
      case "remarks":
        ["MET11112/31/25 18:51:02 METAR KORD 010051Z \"AUTO\"", "", "", "", source, ""]
      default: ["", "", "", "", "", ""]
      }
    }
  }

  /// As in a file of one year, without its newline.
  var yearly: String {
    ([station, name, date, latitude, longitude, elevation] + values).joined(separator: "|")
  }

  /// As in a station's whole record, without its newline.
  func record(_ year: String, _ month: String, _ day: String, _ hour: String, _ minute: String)
    -> String
  {
    ([station, name, year, month, day, hour, minute, latitude, longitude, elevation] + values)
      .joined(separator: "|")
  }

  /// The raw topic's JSON of the row as it is here, with changes.
  static func json(
    station: String = "USW00094846", date: String = "2026-01-01T00:51:00",
    source: String = "343", reportType: String = "FM-15", temperature: String = "-0111,5",
    place: String = Self.place, dewPoint: String = "-0144,5", pressure: String = "10273,5",
    rule: String = "343:5"
  ) -> String {
    #"{"STATION":"\#(station)","DATE":"\#(date)","SOURCE":"\#(source)","#
      + #""REPORT_TYPE":"\#(reportType)","CALL_SIGN":"","QUALITY_CONTROL":"","#
      + #""TMP":"\#(temperature)",\#(place),"DEW":"\#(dewPoint)","SLP":"\#(pressure)","#
      + #""QUALITY_RULE":"ghcnh/1 \#(rule)"}"#
  }

  static let place =
    #""LATITUDE":"41.9602","LONGITUDE":"-87.9316","ELEVATION":"204.8","NAME":"CHICAGO OHARE INTL AP""#
}
