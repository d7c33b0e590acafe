// Why a row or a record cannot be used. The raw values are stable: they stand in stores and outputs.

/// Everything that can make a row of a file or a raw record unusable.
public enum RejectionReason: String, Hashable, Sendable, CaseIterable {
  // The row as text.
  case malformedQuote = "malformed-quote"
  case truncatedLine = "truncated-line"
  case tooFewFields = "too-few-fields"
  case tooManyFields = "too-many-fields"
  case lineTooLong = "line-too-long"
  case nulByte = "nul-byte"
  case wrongLength = "wrong-length"
  // The observation.
  case badStation = "bad-station"
  case badDate = "bad-date"
  case badTemperature = "bad-temperature"
  case temperatureOutOfRange = "temperature-out-of-range"
  case unknownQualityCode = "unknown-quality-code"
  case badNumber = "bad-number"
  case badJSON = "bad-json"
  case missingField = "missing-field"
  // The rule of the aggregation.
  case missingTemperature = "missing-temperature"
  case suspectOrErroneous = "suspect-or-erroneous"
  case summaryReport = "summary-report"
  case tooFarAhead = "too-far-ahead"
  case tooLate = "too-late"

  /// One line for a person.
  public var explanation: String {
    switch self {
    case .malformedQuote: "quotes that do not pair, or text after a closing quote"
    case .truncatedLine: "the file ends in the middle of this row"
    case .tooFewFields: "fewer fields than the header has columns"
    case .tooManyFields: "more fields than the header has columns"
    case .lineTooLong: "the line is longer than any row may be"
    case .nulByte: "the row holds a NUL byte"
    case .wrongLength: "the line is not as long as its format, or its own length field, says"
    case .badStation: "STATION is empty, too long, or not text"
    case .badDate: "DATE is not a moment written YYYY-MM-DDThh:mm:ss"
    case .badTemperature: "the temperature is not written as the format has it (TMP: +0123,1)"
    case .temperatureOutOfRange: "the temperature is outside -93.2 to +61.8 °C"
    case .unknownQualityCode: "the temperature has a quality code that its format does not define"
    case .badNumber: "a number other than TMP is not written as the format has it"
    case .badJSON: "not a JSON object"
    case .missingField: "STATION, DATE or TMP is missing"
    case .missingTemperature: "no temperature was reported (+9999)"
    case .suspectOrErroneous: "the quality code calls the temperature suspect or erroneous"
    case .summaryReport: "a daily or monthly summary (SOD, SOM), not an observation"
    case .tooFarAhead: "dated more than a day after it was received"
    case .tooLate: "came after the allowed lateness of its hour"
    }
  }
}
