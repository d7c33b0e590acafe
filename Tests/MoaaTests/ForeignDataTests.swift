// Data in a wrapping that moaa does not open: named, with what to do about it.

import Foundation
import Testing

@Suite struct ForeignDataTests {
  static let beginnings: [(name: String, bytes: [UInt8])] = [
    ("zstd", [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58]),
    ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00]), ("bzip2", Array("BZh91AY&SY".utf8)),
    ("zip", [0x50, 0x4B, 0x03, 0x04, 0x14, 0x00]), ("UTF-16", [0xFF, 0xFE, 0x53, 0x00]),
    ("UTF-16", [0xFE, 0xFF, 0x00, 0x53]),
  ]

  @Test(arguments: ["backfill", "ingest"], beginnings)
  func itIsNamedWithWhatToDo(_ command: String, _ file: (name: String, bytes: [UInt8])) throws {
    let folder = TemporaryFolder()
    let path = folder / "a.csv"
    try Data(file.bytes + [UInt8](repeating: 0x55, count: 1000)).write(
      to: URL(fileURLWithPath: path))
    let outcome = try moaa(command, path, "--store", folder / "test.store")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(/moaa: .*a.csv: this is (a )?/), "\(outcome.errors)")
    #expect(outcome.errors.contains(file.name), "\(outcome.errors)")
    #expect(outcome.errors.contains(/unpack it first|convert it/), "\(outcome.errors)")
  }
}
