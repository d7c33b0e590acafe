// The readers of observation files: whole and in pieces they must give the same rows.

import Observations

enum DecoderFuzz {
  static func globalHourly(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts, GlobalHourlyDecoder.init)
  }

  static func isd(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts, ISDDecoder.init)
  }

  static func isdLite(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts) { ISDLiteDecoder(station: "72530094846") }
  }

  static func file(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    compare(bytes, cuts) { FileDecoder(fileName: "725300-94846-2014.gz") }
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

  private static func append(_ row: DecodedRow, to text: inout [UInt8]) {
    text += "\(row.line) \(row.byteCount) \(row.isTerminated) ".utf8
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
