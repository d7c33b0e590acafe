// What a decoder hands over for every row of its input, whatever the format.

/// The wanted fields of one observation, as text views valid during the callback.
public struct ObservationRow {
  public let station: UnsafeRawBufferPointer
  public let time: Timestamp
  public let temperature: TemperatureField
  /// Whether all texts are printable ASCII without quotes and backslashes, as they may stand in
  /// JSON. False when it is not known.
  let isPlain: Bool
  /// The fields' text by `ObservationColumn`, unescaped; nil where the format or file has none.
  let texts: UnsafePointer<UnsafeRawBufferPointer?>
  /// Which rule made TMP's quality code of what the file has, and of what; nil where it is the file's own.
  var qualityRule: UnsafeRawBufferPointer? = nil

  /// The text of a column; nil when the file has no such column.
  public func text(_ column: ObservationColumn) -> UnsafeRawBufferPointer? {
    texts[column.rawValue]
  }
}

/// The columns that moaa reads, in the order of the raw topic's JSON.
public enum ObservationColumn: Int, CaseIterable, Sendable {
  case station, date, source, reportType, callSign, qualityControl, temperature
  case latitude, longitude, elevation, name, dewPoint, seaLevelPressure

  /// The name in the CSV header and in the raw topic's JSON.
  public var name: String {
    switch self {
    case .station: "STATION"
    case .date: "DATE"
    case .source: "SOURCE"
    case .reportType: "REPORT_TYPE"
    case .callSign: "CALL_SIGN"
    case .qualityControl: "QUALITY_CONTROL"
    case .temperature: "TMP"
    case .latitude: "LATITUDE"
    case .longitude: "LONGITUDE"
    case .elevation: "ELEVATION"
    case .name: "NAME"
    case .dewPoint: "DEW"
    case .seaLevelPressure: "SLP"
    }
  }
}

/// One row of a file.
public struct DecodedRow {
  public enum Content {
    case observation(ObservationRow)
    case rejected(RejectionReason)
  }

  /// The physical line, from 1, on which the row begins.
  public let line: Int
  /// The row without its terminator; of a line that is too long, its beginning.
  public let bytes: UnsafeRawBufferPointer
  /// The row's whole length in bytes; of a line that is too long, a carriage return with it.
  public let byteCount: Int
  /// False for the last row of a file that does not end with a newline.
  public let isTerminated: Bool
  public let content: Content
  /// The wanted fields by `ObservationColumn`, when the format has a header and the row as many
  /// fields as it: then they, and not `bytes`, are what the row says, whatever else was written.
  var texts: UnsafePointer<UnsafeRawBufferPointer?>? = nil

  /// The text of every wanted column in order, nil where the file has none; nil when the row could
  /// not be split into fields.
  public var wantedTexts: UnsafeBufferPointer<UnsafeRawBufferPointer?>? {
    texts.map { UnsafeBufferPointer(start: $0, count: ObservationColumn.allCases.count) }
  }
}

/// A file that cannot be read as observations at all.
public struct DecodeFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public let line: Int
  public let description: String

  public init(line: Int, _ description: String) {
    self.line = line
    self.description = description
  }
}

/// Reads a format's bytes, cut anywhere, into rows. The rows do not depend on the cuts.
public protocol ObservationDecoder {
  mutating func decode(_ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void) throws
  /// The input has ended.
  mutating func finish(_ onRow: (DecodedRow) throws -> Void) throws
  /// Whether what comes next begins a row, and means what it would mean after any other rows of the file.
  var isBetweenRows: Bool { get }
  /// How many lines have ended, between two rows.
  var lineCount: Int { get }
}
