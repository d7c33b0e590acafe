// NCEI's ISD-Lite: one observation an hour, eight elements, no station and no quality codes.
//
// Source: Integrated Surface Data - Lite, Format Documentation and Technical Document, June 20, 2006.

/// Decodes ISD-Lite, of the station that the file's name says.
///
/// TMP, DEW and SLP get the quality code `9`, "passed gross limits check, if element is present":
/// the format has none, and values that failed NCEI's checks were left out when it was made. So
/// `QualityRule` refuses missing values only. SOURCE, REPORT_TYPE, CALL_SIGN, QUALITY_CONTROL,
/// NAME and the position are absent. DATE is the hour that the observation was assigned to by NCEI,
/// which may be up to ten minutes after the observation was made. Wind, sky and precipitation are
/// not read.
public struct ISDLiteDecoder: ObservationDecoder {
  private var lines = FixedWidthLines(lineBytesMax: FixedWidthLines.keptBytesMax)
  private let reader: ISDLiteRowReader

  /// - Parameter station: the station's id, as `ByteText.isStation` has it: USAF and WBAN number.
  public init(station: String) { reader = ISDLiteRowReader(station: station) }

  public mutating func decode(
    _ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    let reader = reader
    try lines.decode(chunk, { reader.read($0, isTerminated: $1) }, onRow)
  }

  public mutating func finish(_ onRow: (DecodedRow) throws -> Void) throws {
    let reader = reader
    try lines.finish({ reader.read($0, isTerminated: $1) }, onRow)
  }
}
