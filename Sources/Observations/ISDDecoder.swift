// NOAA's ISD in its own form: one record a line, fixed-width fields, then what else was observed.
//
// Source: Federal Climate Complex Data Documentation for Integrated Surface Data, January 2018:
// control data section, mandatory data section, additional data section.

/// Decodes fixed-width ISD: files of one station and year, or of several.
///
/// Every column but NAME is in the record, and its text becomes the one that NCEI's CSV has.
public struct ISDDecoder: ObservationDecoder {
  private var lines = FixedWidthLines(lineBytesMax: ISDRecordReader.recordBytesMax)
  private let reader = ISDRecordReader()

  public init() {}

  /// How much is kept of what was given, for the next piece.
  var keptByteCount: Int { lines.keptByteCount }

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
