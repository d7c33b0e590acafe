// What makes two files the same: a chain of hashes over their rows.
//
// The chain is over the decoded rows, not the file's bytes: NCEI writes a station's file again with
// more columns when the station reports something new, and compressing or renaming a file does not
// change its rows either.

import CXXHash
import Observations

/// A running XXH3 over rows: `value` after row i tells whether two files agree on rows 0…i.
struct RowChain {
  private(set) var value: UInt64 = 0

  /// A row that became an observation, as raw topic JSON.
  mutating func add(observation json: UnsafeRawBufferPointer) {
    value = XXH3_64bits_withSeed(json.baseAddress, json.count, value)
  }

  /// A row that was refused: by its wanted fields, as an observation is; as it stands in the file when
  /// it could not be split into fields.
  mutating func add(refused row: DecodedRow) {
    guard let texts = row.wantedTexts else {
      value = XXH3_64bits_withSeed(row.bytes.baseAddress, row.bytes.count, ~value)
      return
    }
    for text in texts {
      value = XXH3_64bits_withSeed(text?.baseAddress, text?.count ?? 0, ~value)
    }
  }

  /// The part of a chain value that is kept for every row.
  static func digest(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }
}
