// What GHCNh calls the types of reports, and what ISD does.
//
// Source: as of `GHCNhQuality`, section VII, table 4.

enum GHCNhReportType {
  /// The first word of GHCNh's name and ISD's REPORT_TYPE, where they differ.
  private static let names: [(ghcnh: StaticString, isd: StaticString)] = [
    ("FM12", "FM-12"), ("FM13", "FM-13"), ("FM14", "FM-14"), ("FM15", "FM-15"), ("FM16", "FM-16"),
    ("FM18", "FM-18"), ("SAA", "S-S-A"), ("SAAU", "SA-AU"), ("SYAE", "SY-AE"), ("SYAU", "SY-AU"),
    ("SYMT", "SY-MT"), ("SYSA", "SY-SA"), ("SOD", "SOD"), ("SOM", "SOM"), ("999999", "99999"),
  ]

  /// ISD's REPORT_TYPE of a name such as `FM15-METAR-Aviation-routine-wx`, which may be cut off after ten
  /// characters or have a source flag behind an underscore; nil where GHCNh's text is to be kept.
  static func isdName(_ text: UnsafeRawBufferPointer) -> StaticString? {
    let word = text.prefix { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
    for name in names where name.ghcnh.utf8CodeUnitCount == word.count {
      let bytes = UnsafeBufferPointer(start: name.ghcnh.utf8Start, count: word.count)
      if word.elementsEqual(bytes) { return name.isd }
    }
    return nil
  }
}
