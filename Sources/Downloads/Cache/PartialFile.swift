// A file that is being received: `NAME.part`, and beside it `NAME.part.source`, what it is a part of.
//
// What must hold: bytes are appended to a part only when the server says that they follow it, in the
// same version of the file; else it is begun anew. A part never has the name of a whole file.

import Glibc

final class PartialFile: HTTPReceiver {
  private let path: String
  private let url: String
  private var file: Int32 = -1
  /// Bytes on the disk that belong to the version that `source` describes.
  private(set) var byteCount: Int64 = 0
  private var source = Source()
  private var sha256 = FileDigest(.sha256)
  private var md5 = FileDigest(.md5)
  private(set) var response = HTTPResponse()
  /// Why the body could not be kept.
  private(set) var failure: DownloadFailure?
  /// How long the whole is, as far as the server said.
  private var expectedByteCount: Int64?
  /// Whether the body is one of a file, and not of a message.
  private var takesBody = false

  /// What a part is a part of: written beside it.
  private struct Source {
    var url = ""
    var etag = ""
    var lastModified = ""
    /// A part from before a restart of the machine may lack bytes that were never written.
    var boot = ""

    var text: String { [url, etag, lastModified, boot, "."].joined(separator: "\n") }

    init() {}

    init?(_ text: String) {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard lines.count == 5, lines[4] == "." else { return nil }
      (url, etag, lastModified, boot) = (lines[0], lines[1], lines[2], lines[3])
    }

    /// What `If-Range` takes: a strong ETag, else the date; nil where there is neither.
    var validator: String? {
      if !etag.isEmpty, !etag.hasPrefix("W/") { return etag }
      return lastModified.isEmpty ? nil : lastModified
    }
  }

  /// - Parameter path: the name of the whole file.
  init(path: String, url: String) throws(DownloadFailure) {
    self.path = path + ".part"
    self.url = url
    try Folders.make(Folders.folder(of: path))
    try openPart()
  }

  deinit { if file >= 0 { close(file) } }

  private var sourcePath: String { path + ".source" }

  /// Takes up a part that was left, or begins one.
  private func openPart() throws(DownloadFailure) {
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .system("write", path) }
    let text = try readWholeFile(sourcePath) ?? []
    if let left = Source(String(decoding: text, as: UTF8.self)), left.url == url,
      left.boot == Self.boot, left.validator != nil
    {
      source = left
      _ = try readFile(path) { (bytes) throws(DownloadFailure) in
        sha256.update(bytes)
        md5.update(bytes)
        byteCount += Int64(bytes.count)
      }
      guard lseek(file, 0, SEEK_END) == off_t(byteCount) else { throw .system("read", path) }
    }
    if byteCount == 0 { try beginAnew() }
  }

  /// The headers that ask for what is missing alone.
  var rangeHeaders: [String] {
    guard byteCount > 0, let validator = source.validator else { return [] }
    return ["Range: bytes=\(byteCount)-", "If-Range: \(validator)"]
  }

  /// Forgets what has come.
  func beginAnew() throws(DownloadFailure) {
    guard ftruncate(file, 0) == 0, lseek(file, 0, SEEK_SET) == 0 else {
      throw .system("write", path)
    }
    sha256 = FileDigest(.sha256)
    md5 = FileDigest(.md5)
    byteCount = 0
    source = Source()
    unlink(sourcePath)
  }

  /// Makes ready for another attempt.
  func prepare() {
    failure = nil
    takesBody = false
    expectedByteCount = nil
    response = HTTPResponse()
  }

  // MARK: The body

  func begin(_ response: HTTPResponse) {
    self.response = response
    let headers = response.headers
    do throws(DownloadFailure) {
      switch response.status {
      case 206:
        let range = Self.contentRange(headers["content-range"] ?? "")
        guard let range, range.start == byteCount, isSameVersion(headers) else {
          try beginAnew()
          throw DownloadFailure(
            .sick, "the server sent another part of the file than was asked for: \(url)")
        }
        expectedByteCount = range.total
        takesBody = true
      case 200:
        try beginAnew()
        source.url = url
        source.etag = Self.plain(headers["etag"])
        source.lastModified = Self.plain(headers["last-modified"])
        source.boot = Self.boot
        expectedByteCount = headers["content-length"].flatMap { Int64($0) }
        // Without one the part can never be continued.
        if source.validator != nil {
          try Folders.replace(sourcePath, with: Array(source.text.utf8))
        }
        takesBody = true
      default: takesBody = false
      }
    } catch {
      failure = error
    }
  }

  private func isSameVersion(_ headers: [String: String]) -> Bool {
    guard let etag = headers["etag"], !source.etag.isEmpty else { return true }
    return Self.plain(etag) == source.etag
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard failure == nil else { return false }
    guard takesBody else { return true }
    do throws(DownloadFailure) {
      try Folders.writeAll(bytes, to: file, path)
    } catch {
      failure = error
      return false
    }
    sha256.update(bytes)
    md5.update(bytes)
    byteCount += Int64(bytes.count)
    return true
  }

  // MARK: The end

  /// What has come, whole.
  struct Whole {
    let path: String
    let byteCount: Int64
    let sha256: String
    let etag: String
    let lastModified: String
    /// Whether the ETag has the form of an MD5 and is not that of what came.
    let contradictsETag: Bool
  }

  /// The body is there, and on the disk; the part can be renamed.
  func finish() throws(DownloadFailure) -> Whole {
    if let failure { throw failure }
    if let expectedByteCount, byteCount != expectedByteCount {
      let came = byteCount
      // Longer than it may be: none of it can be relied on.
      if byteCount > expectedByteCount { try beginAnew() }
      throw DownloadFailure(
        .sick, "\(came) of \(expectedByteCount) bytes came: \(url)")
    }
    guard fsync(file) == 0 else { throw .system("write", path) }
    // Hashes end only once; a body that is refused later is begun anew.
    var finishedSHA256 = FileDigest(.sha256)
    var finishedMD5 = FileDigest(.md5)
    swap(&finishedSHA256, &sha256)
    swap(&finishedMD5, &md5)
    let md5 = finishedMD5.finish()
    return Whole(
      path: path, byteCount: byteCount, sha256: finishedSHA256.finish(), etag: source.etag,
      lastModified: source.lastModified,
      contradictsETag: Self.md5(inETag: source.etag).map { $0 != md5 } ?? false)
  }

  /// Puts the part under its name.
  func rename(to name: String) throws(DownloadFailure) {
    guard Glibc.rename(path, name) == 0 else { throw .system("rename", path) }
    unlink(sourcePath)
    Folders.synchronise(Folders.folder(of: name))
  }

  /// Of no use any more.
  func remove() {
    unlink(path)
    unlink(sourcePath)
  }

  /// The server has no such file, or it has not changed: nothing was received.
  func removeIfEmpty() { if byteCount == 0 { remove() } }

  // MARK: Headers

  /// `bytes 5-9/10`; the total may be `*`.
  static func contentRange(_ text: String) -> (start: Int64, total: Int64?)? {
    guard text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let start = parts[0].split(separator: "-").first.flatMap({ Int64($0) })
    else { return nil }
    return (start, Int64(parts[1]))
  }

  /// The MD5 that object stores give as a file's ETag; nil for an ETag of another form.
  static func md5(inETag etag: String) -> String? {
    guard etag.hasPrefix("\""), etag.hasSuffix("\""), etag.utf8.count == 34 else { return nil }
    let digits = etag.dropFirst().dropLast().lowercased()
    return digits.allSatisfy(\.isHexDigit) ? digits : nil
  }

  private static func plain(_ text: String?) -> String {
    String((text ?? "").unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F })
  }

  private static let boot: String = {
    var text: [UInt8] = []
    _ = try? readFile("/proc/sys/kernel/random/boot_id") { (bytes) throws(DownloadFailure) in
      text += bytes
    }
    return plain(String(decoding: text, as: UTF8.self))
  }()
}
