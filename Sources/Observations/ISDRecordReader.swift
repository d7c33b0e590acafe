// One record of fixed-width ISD: a line of fixed-width fields, then what else was observed. Positions
// here count from 0, in the format document from 1.
//
// Source: Federal Climate Complex Data Documentation for Integrated Surface Data, January 2018:
// control data section, mandatory data section, additional data section.

import CScan

/// Reads records of one station and year, or of several.
///
/// Every column but NAME is in the record, and its text becomes the one that NCEI's CSV has.
final class ISDRecordReader: FixedWidthReader {
  /// The control and mandatory sections, which every record has.
  static let fixedByteCount = 105
  /// The length of the sections that follow (ADD, REM, EQD, QNN) is written with four digits.
  static let lineBytesMax = fixedByteCount + 9999

  private enum Field {
    static let variableByteCount = 0..<4
    /// USAF and WBAN numbers.
    static let station = 4..<15
    static let time = 15..<27
    static let source = 27..<28
    /// Thousandths of a degree.
    static let latitude = 28..<34
    static let longitude = 34..<41
    static let reportType = 41..<46
    /// Metres.
    static let elevation = 46..<51
    static let callSign = 51..<56
    static let qualityControl = 56..<60
    // Measured values: the quality code is the byte after each.
    static let temperature = 87..<92
    static let dewPoint = 93..<98
    static let seaLevelPressure = 99..<104
  }

  private let texts = WrittenTexts()

  func read(_ record: UnsafeRawBufferPointer, isTerminated: Bool) -> DecodedRow.Content {
    func text(_ field: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: record[field])
    }
    if let fault = Self.lengthFault(record, isTerminated: isTerminated) { return .rejected(fault) }
    let station = text(Field.station)
    guard station.allSatisfy(Self.isStationByte) else { return .rejected(.badStation) }

    texts.begin()
    let time = text(Field.time)
    let date = texts.write(.date) { Self.putDate(time, to: &$0) }
    guard let timestamp = Timestamp(date) else { return .rejected(.badDate) }
    let field = write(.temperature, record, Field.temperature)
    let temperature: TemperatureField
    switch TemperatureField.parse(field) {
    case .failure(let fault): return .rejected(fault.reason)
    case .success(let parsed): temperature = parsed
    }
    guard let latitude = FixedNumber.signed(text(Field.latitude)),
      let longitude = FixedNumber.signed(text(Field.longitude)),
      let elevation = FixedNumber.signed(text(Field.elevation))
    else { return .rejected(.badNumber) }

    texts.set(.station, station)
    texts.set(.source, text(Field.source))
    texts.set(.reportType, text(Field.reportType))
    texts.set(.callSign, text(Field.callSign))
    texts.set(.qualityControl, text(Field.qualityControl))
    texts.write(.latitude) { $0.putThousandths(latitude) }
    texts.write(.longitude) { $0.putThousandths(longitude) }
    texts.write(.elevation) { $0.putThousandths(elevation * 1000) }
    write(.dewPoint, record, Field.dewPoint)
    write(.seaLevelPressure, record, Field.seaLevelPressure)
    return .observation(
      ObservationRow(
        station: station, time: timestamp, temperature: temperature,
        isPlain: Self.isPlain(record), texts: texts.texts))
  }

  /// Writes a measured value and its quality code as `+0123,1`.
  @discardableResult @inline(__always)
  private func write(
    _ column: ObservationColumn, _ record: UnsafeRawBufferPointer, _ value: Range<Int>
  ) -> UnsafeRawBufferPointer {
    texts.write(column) {
      $0.put(UnsafeRawBufferPointer(rebasing: record[value]))
      $0.put(UInt8(ascii: ","))
      $0.put(record[value.upperBound])
    }
  }

  /// `YYYYMMDDhhmm` as `YYYY-MM-DDThh:mm:00`; whether it is a moment is seen when that is read.
  @inline(__always)
  private static func putDate(_ time: UnsafeRawBufferPointer, to cursor: inout ByteCursor) {
    func put(_ part: Range<Int>, _ separator: StaticString) {
      cursor.put(UnsafeRawBufferPointer(rebasing: time[part]))
      cursor.put(separator)
    }
    put(0..<4, "-")
    put(4..<6, "-")
    put(6..<8, "T")
    put(8..<10, ":")
    put(10..<12, ":00")
  }

  /// nil when the record is as long as it says. A shorter one is cut off where the file ends in it.
  private static func lengthFault(
    _ record: UnsafeRawBufferPointer, isTerminated: Bool
  ) -> RejectionReason? {
    let digits = UnsafeRawBufferPointer(rebasing: record.prefix(Field.variableByteCount.upperBound))
    guard let variableByteCount = FixedNumber.unsigned(digits) else { return .wrongLength }
    let declared = fixedByteCount + variableByteCount
    if digits.count == Field.variableByteCount.count, record.count == declared { return nil }
    return record.count < declared && !isTerminated ? .truncatedLine : .wrongLength
  }

  /// Since 2013 the first character may be a letter; here any may.
  private static func isStationByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: false
    }
  }

  /// Whether the fixed sections may stand in JSON as they are.
  private static func isPlain(_ record: UnsafeRawBufferPointer) -> Bool {
    let base = record.baseAddress!.assumingMemoryBound(to: UInt8.self)
    // Two blocks of 64 bytes that overlap.
    let first = cscan_masks_of_64(base)
    let last = cscan_masks_of_64(base + (fixedByteCount - 64))
    return first.odd | first.quotes | last.odd | last.quotes == 0
  }
}
