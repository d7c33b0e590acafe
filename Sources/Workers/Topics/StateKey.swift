// The keys of the state topic.

/// What a row of the state topic is about.
enum StateKey: Hashable {
  /// `fold/DAY/STATION`, the day since 1970: hours of a station and day, as `DayBlock` writes them.
  /// The station stands last, since it may hold any character; empty: all stations of the partition.
  case dayBlock(station: [UInt8], day: Int64)
  /// `fold`: a `FoldProgress`.
  case fold
  /// `merge`: a `MergeProgress`.
  case merge

  var bytes: [UInt8] {
    switch self {
    case .dayBlock(let station, let day): Array("fold/\(day)/".utf8) + station
    case .fold: Array("fold".utf8)
    case .merge: Array("merge".utf8)
    }
  }

  /// nil when the bytes are no such key.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let prefix = "fold/".utf8
    if bytes.elementsEqual("fold".utf8) {
      self = .fold
    } else if bytes.elementsEqual("merge".utf8) {
      self = .merge
    } else if bytes.starts(with: prefix),
      let slash = bytes[prefix.count...].firstIndex(of: UInt8(ascii: "/")),
      case let text = String(decoding: bytes[prefix.count..<slash], as: UTF8.self),
      let day = Int64(text), String(day) == text
    {
      self = .dayBlock(station: Array(bytes[(slash + 1)...]), day: day)
    } else {
      return nil
    }
  }
}
