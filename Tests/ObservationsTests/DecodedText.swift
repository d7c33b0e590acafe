// What a decoder made of an input, as lines of text that tests compare.

import Observations

/// Decodes the bytes in the given pieces.
/// - Returns: a line a row, `LINE: JSON`, or `LINE! REASON` and its first bytes; `unended` where no
///   newline ended the row; at the end `failure: …` when the file is refused.
func decoded(
  _ bytes: [UInt8], pieces: [Int], by makeDecoder: DecoderMaker = { GlobalHourlyDecoder() }
) -> [String] {
  var decoder = makeDecoder()
  var lines: [String] = []
  func onRow(_ row: DecodedRow) { lines.append(decodedText(row)) }
  do {
    var start = 0
    for count in pieces {
      let end = min(bytes.count, start + count)
      try bytes[start..<end].withUnsafeBytes { try decoder.decode($0, onRow) }
      start = end
    }
    try bytes[start...].withUnsafeBytes { try decoder.decode($0, onRow) }
    try decoder.finish(onRow)
  } catch {
    lines.append("failure: \(error)")
  }
  return lines
}

/// One row of `decoded`.
func decodedText(_ row: DecodedRow, linesBefore: Int = 0) -> String {
  let line = linesBefore + row.line
  let ending = row.isTerminated ? "" : " unended"
  switch row.content {
  case .rejected(let reason):
    let text = String(decoding: row.bytes.prefix(40), as: UTF8.self)
    let length = row.byteCount == row.bytes.count ? "" : " of \(row.byteCount) bytes"
    return "\(line)! \(reason.rawValue)\(length)\(ending) \(text)"
  case .observation(let observation):
    var json: [UInt8] = []
    RawObservationEncoder.append(observation, to: &json)
    return "\(line): \(String(decoding: json, as: UTF8.self))\(ending)"
  }
}

func decodedWhole(
  _ bytes: [UInt8], by makeDecoder: DecoderMaker = { GlobalHourlyDecoder() }
) -> [String] {
  decoded(bytes, pieces: [], by: makeDecoder)
}

/// One byte at a time, which leaves no row to the fast path.
func decodedByteByByte(
  _ bytes: [UInt8], by makeDecoder: DecoderMaker = { GlobalHourlyDecoder() }
) -> [String] {
  decoded(bytes, pieces: [Int](repeating: 1, count: bytes.count), by: makeDecoder)
}

typealias DecoderMaker = () -> any ObservationDecoder
