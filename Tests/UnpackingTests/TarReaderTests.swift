// The files of a tar archive come out as the real tar put them in, however the archive is cut.

import Foundation
import TestSupport
import Testing

@testable import Unpacking

@Suite struct TarReaderTests {
  private static let longName = (0..<8).map { "a-folder-with-a-long-name-\($0)" }.joined(
    separator: "/")

  /// Files with sizes around a block's, long names, and what is no file.
  private func folder() throws -> (Folder, files: [(String, [UInt8])]) {
    let folder = try Folder()
    var files: [(String, [UInt8])] = []
    for size in [0, 1, 511, 512, 513, 1024, 5000] {
      files.append(("year/\(size).csv", (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }))
    }
    files.append(("year/Zürich, \"x\".csv", Array("text".utf8)))
    files.append(("year/" + String(repeating: "n", count: 95), Array("100 bytes".utf8)))
    files.append(("year/" + String(repeating: "n", count: 96), Array("101 bytes".utf8)))
    for (name, bytes) in files { try folder.write(name, bytes) }
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("year/empty"), withIntermediateDirectories: true)
    _ = try folder.output("ln", "-s", "513.csv", "year/symbolic")
    _ = try folder.output("mkfifo", "year/pipe")
    return (folder, files)
  }

  @Test(arguments: ["v7", "oldgnu", "gnu", "ustar", "posix"])
  func everyFormatOfTarIsRead(format: String) throws {
    var (folder, files) = try folder()
    if format == "v7" { files.removeLast() }
    if format == "gnu" || format == "posix" {
      // No other holds a name of more than 256 bytes.
      for name in ["\(Self.longName)/\(String(repeating: "n", count: 200)).csv", "year/last.csv"] {
        files.append((name, Array(name.utf8)))
        try folder.write(name, Array(name.utf8))
      }
    }
    let others = ["year/empty", "year/symbolic"] + (format == "v7" ? [] : ["year/pipe"])
    try Data((others + files.map(\.0)).joined(separator: "\n").utf8)
      .write(to: folder.url.appendingPathComponent("names"))
    let archive = try folder.output("tar", "cf", "-", "--format=\(format)", "-T", "names")
    let whole = contents(archive)
    #expect(whole == TarContents(files))
    for count in [1, 2, 7, 100, 511, 512, 513, 1000, 1024, 4096] {
      #expect(contents(archive, pieces: pieces(of: count)) == whole, "pieces of \(count)")
    }
    #expect(archive.withUnsafeBytes { TarReader.begins($0) })
    #expect(!archive[1...].withUnsafeBytes { TarReader.begins($0) })
  }

  @Test func hardLinksHaveNoContent() throws {
    let folder = try Folder()
    try folder.write("a", Array("content".utf8))
    _ = try folder.output("ln", "a", "b")
    try folder.write("c", Array("more".utf8))
    for format in ["gnu", "ustar", "posix"] {
      let archive = try folder.output("tar", "cf", "-", "--format=\(format)", "a", "b", "c")
      #expect(
        contents(archive)
          == TarContents([("a", Array("content".utf8)), ("c", Array("more".utf8))]))
    }
  }

  @Test func globalRecordsHoldUntilAMembersOwn() throws {
    let folder = try Folder()
    try folder.write("a", Array("content".utf8))
    let real = try folder.output(
      "tar", "cf", "-", "--format=posix", "--pax-option=comment=a comment", "a")
    #expect(contents(real) == TarContents([("a", Array("content".utf8))]))

    let byHand =
      TarText.records([("path", "all"), ("comment", "")], type: "g") + TarText.file("a", [1])
      + TarText.records([("path", "one"), ("mtime", "1.5")]) + TarText.file("b", [2])
      + TarText.file("c", [3]) + TarText.records([("path", "")], type: "g") + TarText.file("d", [4])
    #expect(
      contents(byHand + TarText.end)
        == TarContents([("all", [1]), ("one", [2]), ("all", [3]), ("d", [4])]))
  }

  @Test func sizesComeInEveryForm() {
    let bytes = [UInt8](repeating: 7, count: 700)
    let sizes: [[UInt8]] = [
      TarText.base256(700), Array("00000001274\0".utf8), Array("000000001274".utf8),
      Array("       1274 ".utf8), Array("1274\0\0\0\0\0\0\0\0".utf8),
    ]
    for size in sizes {
      let archive = TarText.header("a", byteCount: 0, size: size) + TarText.padded(bytes)
      #expect(
        contents(archive + TarText.file("b", [1])) == TarContents([("a", bytes), ("b", [1])]))
    }
    let byRecord =
      TarText.records([("size", "700")]) + TarText.header("a", byteCount: 0)
      + TarText.padded(bytes)
    #expect(contents(byRecord + TarText.file("b", [1])) == TarContents([("a", bytes), ("b", [1])]))
  }

  @Test func wrongHeadersAreNamedWithTheirPlace() throws {
    func failure(_ bytes: [UInt8]) -> String? {
      contents(TarText.file("a", [1]) + bytes + TarText.end).failure?.description
    }
    let place = "a.tar, byte 1024 of the tar data: "
    var header = TarText.header("b", byteCount: 0)
    header[0] ^= 1
    #expect(failure(header) == place + "the header's checksum is wrong")
    #expect(
      failure(TarText.header("b", byteCount: 0, size: TarText.base256(1 << 60)))
        == place + "the size cannot be: \(1 << 60) bytes")
    for size in [[UInt8](repeating: 0xFF, count: 12), [0x80] + [UInt8](repeating: 0xFF, count: 11)]
    {
      #expect(failure(TarText.header("b", byteCount: 0, size: size))?.contains("size") == true)
    }
    for size in ["12x", "-1", "00 00"] {
      let field = Array(size.utf8) + [UInt8](repeating: 0, count: 12 - size.utf8.count)
      #expect(
        failure(TarText.header("b", byteCount: 0, size: field))
          == place + "the size is not a number")
    }
    #expect(
      failure(TarText.header("b", byteCount: 2 << 20, type: "L"))
        == place + "the name or the pax records before a member are too long: 2097152 bytes")
    #expect(
      failure(TarText.longName("b"))
        == "a.tar, byte 2048 of the tar data: a header announces a member that does not follow")
    #expect(
      contents([UInt8](repeating: 65, count: 512)).failure?.description
        == "a.tar, byte 0 of the tar data: this is not a tar archive: the first header's checksum is wrong"
    )
    let block = [UInt8](repeating: 0, count: 512)
    #expect(
      failure(block + TarText.file("b", []))
        == "a.tar, byte 1536 of the tar data: there is one zero block, and something after it")
  }

  @Test func wrongRecordsAreRefused() {
    for text in ["", "x", "9 path=a", "8 path=a\n", "11 path=a\n", " 9 path=a\n", "999999999 a=\n"]
    {
      let bytes = Array(text.utf8)
      let archive =
        TarText.header("x", byteCount: bytes.count, type: "x") + TarText.padded(bytes)
        + TarText.file("a", [])
      #expect((contents(archive).failure == nil) == text.isEmpty, "\(text.debugDescription)")
    }
    for records in [[("size", "-1")], [("size", "1x")], [("size", "9999999999999999999")]] {
      #expect(contents(TarText.records(records) + TarText.file("a", [])).failure != nil)
    }
  }

  @Test func sparseFilesAreRefused() throws {
    let folder = try Folder()
    _ = try folder.output("truncate", "-s", "1M", "sparse")
    try folder.write("a", [1])
    for format in ["gnu", "posix"] {
      let archive = try folder.output("tar", "cSf", "-", "--format=\(format)", "a", "sparse")
      let result = contents(archive)
      #expect(result.files == TarContents([("a", [1])]).files)
      #expect(result.failure?.message.contains("sparse") == true)
    }
  }

  @Test func anOldChecksumOfSignedBytesIsRight() {
    let block = TarText.header("Zürich", byteCount: 0)
    #expect(contents(TarText.withChecksum(block, isSigned: true)) == TarContents([("Zürich", [])]))
  }

  @Test func nothingIsReadAfterTheEnd() {
    let archive = TarText.file("a", [1]) + TarText.end + [UInt8](repeating: 65, count: 700)
    #expect(contents(archive) == TarContents([("a", [1])]))
    // An archive of none, with and without its end.
    #expect(contents(TarText.end) == TarContents())
    #expect(contents([]) == TarContents())
  }

  /// An archive with every kind of extension.
  private static let mixed =
    TarText.file("a", [UInt8](repeating: 65, count: 600))
    + TarText.longName(String(repeating: "long/", count: 30)) + TarText.file("b", [])
    + TarText.records([("path", "c"), ("size", "3")]) + TarText.file("x", [1, 2, 3])
    + TarText.header("other", byteCount: 10, type: "V") + TarText.padded([9])
    + TarText.file("d", [4])

  @Test func everyCutIsNoticedButBetweenMembers() {
    let archive = Self.mixed + TarText.end
    let whole = contents(archive)
    #expect(whole.failure == nil)
    #expect(whole.files.count == 4)
    var boundaries: [Int] = []
    for count in archive.indices {
      let result = contents(Array(archive[..<count]))
      if result.failure == nil {
        boundaries.append(count)
      } else {
        #expect(result.failure?.message.contains("ends early") == true)
        #expect(result.failure?.byteOffset == Int64(count))
      }
      for (file, expected) in zip(result.files, whole.files) {
        #expect(file.name == expected.name)
        #expect(
          file.isWhole ? file.bytes == expected.bytes : expected.bytes.starts(with: file.bytes))
      }
    }
    // After each member, the passed-over one too, and after one zero block.
    let end = Self.mixed.count
    #expect(boundaries.count == 7 && boundaries.suffix(2) == [end, end + 512])
  }

  @Test func piecesOfEverySizeGiveTheSame() {
    let archive = Self.mixed + TarText.end
    let whole = contents(archive)
    for count in 1...1100 {
      #expect(contents(archive, pieces: pieces(of: count)) == whole, "pieces of \(count)")
    }
  }

  @Test func aFlippedBitInAHeaderIsNoticed() {
    let archive =
      TarText.file("a", [UInt8](repeating: 65, count: 600)) + TarText.file("b", [1]) + TarText.end
    let whole = contents(archive)
    for index in archive.indices {
      for bit in 0..<8 {
        var damaged = archive
        damaged[index] ^= 1 << bit
        let result = contents(damaged)
        // Some forms of a checksum are equal.
        if result == whole { continue }
        let isContent = (512..<1112).contains(index) || index == 2048
        #expect((result.failure == nil) == isContent, "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test(arguments: SeededGenerator.seeds(150))
  func randomArchivesGiveWhatWentIn(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var archive: [UInt8] = []
    var files: [(String, [UInt8])] = []
    for index in 0..<Int.random(in: 0...8, using: &random) {
      let long = String(repeating: "x/", count: Int.random(in: 0...400, using: &random))
      let size = random.oneIn(2) ? 512 * Int.random(in: 0...4, using: &random) : 0
      let bytes = (0..<(size + Int.random(in: 0...600, using: &random))).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      switch Int.random(in: 0..<6, using: &random) {
      case 0: archive += TarText.header("l\(index)", byteCount: 99, type: "2")
      case 1:
        archive += TarText.header("v", byteCount: bytes.count, type: "V") + TarText.padded(bytes)
      case 2:
        archive += TarText.longName("\(long)\(index)") + TarText.file("cut", bytes)
        files.append(("\(long)\(index)", bytes))
      case 3:
        archive += TarText.records([("path", "\(long)\(index)"), ("size", "\(bytes.count)")])
        archive += TarText.header("cut", byteCount: 0) + TarText.padded(bytes)
        files.append(("\(long)\(index)", bytes))
      case 4:
        archive += TarText.header(
          "n\(index)", byteCount: 0, type: "\0", prefix: "p/q", size: TarText.base256(bytes.count))
        archive += TarText.padded(bytes)
        files.append(("p/q/n\(index)", bytes))
      default:
        archive += TarText.file("n\(index)", bytes)
        files.append(("n\(index)", bytes))
      }
    }
    archive += TarText.end
    let whole = contents(archive)
    #expect(whole == TarContents(files))
    let cuts = (0..<200).map { _ in Int.random(in: 0...700, using: &random) }
    #expect(contents(archive, pieces: cuts) == whole)

    // Damage never traps, and is judged alike however the bytes come.
    for _ in 0..<20 {
      var damaged = archive
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] =
          UInt8.random(in: 0...255, using: &random)
      }
      #expect(contents(damaged, pieces: cuts) == contents(damaged))
    }
  }
}
