// A file of any format: the decoder is chosen from its first bytes.

/// Decodes one file, in the format that was named or else recognised.
///
/// The choice is made once for a file and the calls of the chosen decoder are one a piece, so that
/// rows cost what they cost without it. After an error is thrown it must not be used on.
public struct FileDecoder: ObservationDecoder {
  private let format: ObservationFormat?
  private let fileName: String
  private let columns: Set<ObservationColumn>
  /// nil until it is known.
  public private(set) var recognisedFormat: ObservationFormat?
  /// nil until the format is known.
  private var decoder: (any ObservationDecoder)?
  /// The file's first bytes, while they do not tell.
  private var beginning: [UInt8] = []

  /// - Parameters:
  ///   - format: nil to recognise it.
  ///   - fileName: as the user named the file.
  ///   - columns: those whose texts are asked for; of others, rows may have none.
  public init(
    format: ObservationFormat? = nil, fileName: String,
    columns: Set<ObservationColumn> = Set(ObservationColumn.allCases)
  ) {
    self.format = format
    self.fileName = fileName
    self.columns = columns
  }

  /// How much is kept of what was given, until the format is known.
  var keptByteCount: Int { beginning.count }

  /// Also before anything has come.
  public var isBetweenRows: Bool { decoder?.isBetweenRows ?? beginning.isEmpty }

  public var lineCount: Int { decoder?.lineCount ?? 0 }

  /// A decoder for the rows of the same file from any later one on, which shares no memory with this one
  /// and counts lines from there. nil while the format, or the header of a format that has one, is not
  /// known.
  public func continued() -> FileDecoder? {
    guard let recognisedFormat else { return nil }
    var other = FileDecoder(format: recognisedFormat, fileName: fileName, columns: columns)
    if let decoder = decoder as? GlobalHourlyDecoder {
      other.decoder = decoder.continued()
    } else if let decoder = decoder as? GHCNhDecoder {
      other.decoder = decoder.continued()
    } else {
      // The name, which may be faulty, was not when this one was made.
      other.decoder = try? recognisedFormat.makeDecoder(fileName: fileName, columns: columns)
    }
    guard other.decoder != nil else { return nil }
    other.recognisedFormat = recognisedFormat
    return other
  }

  public mutating func decode(
    _ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    if decoder == nil, !chunk.isEmpty {
      try choose(chunk, onRow)
    } else {
      try decoder?.decode(chunk, onRow)
    }
  }

  public mutating func finish(_ onRow: (DecodedRow) throws -> Void) throws {
    if decoder == nil {
      // Nothing at all is left to the CSV decoder to name.
      guard beginning.isEmpty else { throw Self.unknownFormat }
      recognisedFormat = format ?? .globalHourly
      decoder = try recognisedFormat?.makeDecoder(fileName: fileName, columns: columns)
    }
    try decoder?.finish(onRow)
  }

  /// Decodes the piece too, unless its bytes do not tell yet.
  private mutating func choose(
    _ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    let count = min(chunk.count, ObservationFormat.beginningBytesMax - beginning.count)
    let joined = beginning + UnsafeRawBufferPointer(rebasing: chunk[..<count])
    let recognition =
      format.map { .format($0) } ?? joined.withUnsafeBytes { ObservationFormat.recognise($0) }
    switch recognition {
    case .format(let format):
      recognisedFormat = format
      decoder = try format.makeDecoder(fileName: fileName, columns: columns)
      try beginning.withUnsafeBytes { try decoder?.decode($0, onRow) }
      beginning = []
      try decoder?.decode(chunk, onRow)
    case .unknown: throw Self.unknownFormat
    case .undecided:
      // All of the piece: with what would not fit, it would be decided.
      beginning = joined
    }
  }

  private static let unknownFormat = DecodeFailure(
    line: 1,
    "this is not CSV with the columns STATION, DATE, TMP, not fixed-width ISD, not ISD-Lite and not "
      + "GHCNh: the file's beginning is none of them")
}
