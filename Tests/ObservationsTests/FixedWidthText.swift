// Records of the fixed-width formats for tests: real-looking, with one field or another changed.

/// A record of fixed-width ISD without its newline.
struct ISDText {
  var length: String?
  var station = "72530094846"
  var time = "201401010051"
  var source = "7"
  var latitude = "+41995"
  var longitude = "-087934"
  var reportType = "FM-15"
  var elevation = "+0205"
  var callSign = "KORD "
  var temperature = "-01115"
  var dewPoint = "-01445"
  var pressure = "102735"
  var more = "ADDAA101000895REMMET004TEST"

  /// `length` where it is set, else what it should be.
  var text: String {
    let digits = length ?? String(("000" + String(more.utf8.count)).suffix(4))
    return digits + station + time + source + latitude + longitude + reportType + elevation
      + callSign + "V030" + "2505N00155005795MN0024145N5" + temperature + dewPoint + pressure + more
  }

  /// The raw topic's JSON of the record as it is here, with changes.
  static func json(
    station: String = "72530094846", date: String = "2014-01-01T00:51:00",
    temperature: String = "-0111,5", place: String = Self.place,
    reportType: String = "FM-15", callSign: String = "KORD ", dewPoint: String = "-0144,5"
  ) -> String {
    #"{"STATION":"\#(station)","DATE":"\#(date)","SOURCE":"7","REPORT_TYPE":"\#(reportType)","#
      + #""CALL_SIGN":"\#(callSign)","QUALITY_CONTROL":"V030","TMP":"\#(temperature)",\#(place),"#
      + #""DEW":"\#(dewPoint)","SLP":"10273,5"}"#
  }

  static let place = #""LATITUDE":"41.995","LONGITUDE":"-87.934","ELEVATION":"205.0""#
}

/// A row of ISD-Lite without its newline.
struct ISDLiteText {
  var time = "2014 01 01 01"
  var temperature = "   -11"
  var dewPoint = "   -42"
  var pressure = " 10243"
  var more = "   210    26 -9999 -9999 -9999"

  var text: String { time + temperature + dewPoint + pressure + more }

  static func json(
    date: String = "2014-01-01T01:00:00", temperature: String = "-0011,9",
    dewPoint: String = "-0042,9", pressure: String = "10243,9"
  ) -> String {
    #"{"STATION":"72575524101","DATE":"\#(date)","SOURCE":"","REPORT_TYPE":"","CALL_SIGN":"","#
      + #""QUALITY_CONTROL":"","TMP":"\#(temperature)","DEW":"\#(dewPoint)","SLP":"\#(pressure)"}"#
  }
}
