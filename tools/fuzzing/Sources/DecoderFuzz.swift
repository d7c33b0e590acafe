// The readers of observation files: whole and in pieces they must give the same rows.

import Observations

enum DecoderFuzz {
  static func globalHourly(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts) { GlobalHourlyDecoder() }
  }

  static func isd(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts) { FileDecoder(format: .isd, fileName: "isd") }
  }

  static func isdLite(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts) { FileDecoder(format: .isdLite, fileName: "725300-94846-2014.gz") }
  }

  static func ghcnh(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts) { FileDecoder(format: .ghcnh, fileName: "ghcnh") }
  }

  static func file(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts) { FileDecoder(fileName: "725300-94846-2014.gz") }
    compareContinued(bytes, cuts)
  }

  /// Between two rows another decoder may take over, as where a large file is cut into ranges.
  private static func compareContinued(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    var decoder = FileDecoder(fileName: "725300-94846-2014.gz")
    let whole = rows(decoder) { try $0(bytes) }
    var linesBefore = 0
    var text: [UInt8] = []
    do {
      try cuts.forEachPiece(bytes) { piece in
        try decoder.decode(piece) { append($0, linesBefore: linesBefore, to: &text) }
        if decoder.isBetweenRows, let other = decoder.continued() {
          linesBefore += decoder.lineCount
          decoder = other
        }
      }
      try decoder.finish { append($0, linesBefore: linesBefore, to: &text) }
    } catch {
      text += "failure: \(error)\n".utf8
    }
    expectSame(whole, text, "another decoder changed a row")
  }

  private static func compare<Decoder: ObservationDecoder>(
    _ bytes: UnsafeRawBufferPointer, _ cuts: Cuts, _ makeDecoder: () -> Decoder
  ) {
    let whole = rows(makeDecoder()) { try $0(bytes) }
    let cut = rows(makeDecoder()) { try cuts.forEachPiece(bytes, $0) }
    expectSame(whole, cut, "a cut changed a row")
  }

  /// Every row as a line of text, and the failure where the file is refused.
  private static func rows<Decoder: ObservationDecoder>(
    _ decoder: Decoder, _ forEachPiece: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) -> [UInt8] {
    var decoder = decoder
    var text: [UInt8] = []
    do {
      try forEachPiece { try decoder.decode($0) { append($0, to: &text) } }
      try decoder.finish { append($0, to: &text) }
    } catch {
      text += "failure: \(error)\n".utf8
    }
    return text
  }

  private static func append(
    _ row: DecodedRow, linesBefore: Int = 0, to text: inout [UInt8]
  ) {
    text += "\(linesBefore + row.line) \(row.byteCount) \(row.isTerminated) ".utf8
    text += row.bytes
    switch row.content {
    case .rejected(let reason): text += " \(reason.rawValue)\n".utf8
    case .observation(let observation):
      var json: [UInt8] = []
      RawObservationEncoder.append(observation, to: &json)
      json.withUnsafeBytes { JSONFuzz.expect($0, holds: observation) }
      text += json
      text += " \(observation.time) \(observation.temperature)\n".utf8
    }
  }
}
