// What kind of report a REPORT_TYPE names, as far as any rule asks.

/// The kinds of reports that rules tell apart.
@frozen
public enum ReportKind: Hashable, Sendable {
  /// FM-12, SYNOP: a fixed land station's report at the synoptic hours.
  case synoptic
  /// FM-15, METAR: an airport's routine report.
  case routine
  /// FM-16: a special report of an airport, made between the routine ones.
  case special
  /// SOD, SOM: a summary of a day or month, which is no observation.
  case summary
  /// Every other type, and none.
  case other

  /// - Parameter text: a REPORT_TYPE, perhaps with blanks around it; nil where there is none.
  @inlinable @inline(__always)
  public init(_ text: UnsafeRawBufferPointer?) {
    guard let text else {
      self = .other
      return
    }
    // NCEI writes five characters.
    if text.count == 5, let base = text.baseAddress {
      let start = UInt32(littleEndian: base.loadUnaligned(as: UInt32.self))
      if start == 0x312D_4D46 {  // FM-1
        switch text[4] {
        case UInt8(ascii: "2"): self = .synoptic
        case UInt8(ascii: "5"): self = .routine
        case UInt8(ascii: "6"): self = .special
        default: self = .other
        }
        return
      }
    }
    self = Self.slowly(text)
  }

  @usableFromInline
  static func slowly(_ text: UnsafeRawBufferPointer) -> ReportKind {
    let text = ByteText.trimmed(text)
    func isText(_ name: StaticString) -> Bool {
      text.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
    if isText("FM-12") { return .synoptic }
    if isText("FM-15") { return .routine }
    if isText("FM-16") { return .special }
    return isText("SOD") || isText("SOM") ? .summary : .other
  }
}
