// The keys of the parts topic.

import Observations

/// What a row of the parts topic is about.
enum PartKey: Hashable {
  /// `PARTITION/2022-06-24T08:00:00Z`: an hour, since 1970, of a raw partition's stations.
  case hour(source: Int32, hour: Int64)
  /// `PARTITION/watermark`: how far event time is in a raw partition, as a `PartWatermark`.
  case watermark(source: Int32)

  private static let watermarkText = "watermark"

  var bytes: [UInt8] {
    switch self {
    case .hour(let source, let hour):
      Array("\(source)/\(Timestamp(secondsSinceEpoch: hour * 3600))".utf8)
    case .watermark(let source): Array("\(source)/\(Self.watermarkText)".utf8)
    }
  }

  /// nil when the bytes are no such key.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")),
      let source = Int32(String(decoding: bytes[..<slash], as: UTF8.self)), source >= 0
    else { return nil }
    let name = UnsafeRawBufferPointer(rebasing: bytes[(slash + 1)...])
    if name.elementsEqual(Self.watermarkText.utf8) {
      self = .watermark(source: source)
      return
    }
    guard name.last == UInt8(ascii: "Z"),
      let time = Timestamp(UnsafeRawBufferPointer(rebasing: name.dropLast())),
      time.secondsSinceEpoch % 3600 == 0
    else { return nil }
    self = .hour(source: source, hour: time.hourIndex)
  }

  /// The parts partition of an hour: all parts of an hour meet in one.
  static func partition(ofHour hour: Int64, count: Int32) -> Int32 {
    Int32(hour - Timestamp.floorDivide(hour, Int64(count)) * Int64(count))
  }
}

/// How far event time has come in a raw partition.
enum PartWatermark: Hashable {
  /// It has been read to its end, and holds no accepted record: no hour waits for it.
  case empty
  /// Hours before this one, since 1970, are complete unless late records come.
  case hour(Int64)

  var bytes: [UInt8] {
    switch self {
    case .empty: Array("empty".utf8)
    case .hour(let hour): Array("\(hour)".utf8)
    }
  }

  /// nil when the bytes are not what `bytes` gives.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    if text == "empty" {
      self = .empty
    } else if let hour = Int64(text), String(hour) == text {
      self = .hour(hour)
    } else {
      return nil
    }
  }
}
