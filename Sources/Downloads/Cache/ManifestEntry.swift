// What is known of one file of the cache: a line of the manifest.

/// A file that was fetched whole, or the knowledge that the server had no data for it.
public struct ManifestEntry: Hashable, Sendable {
  /// Within the cache.
  public let path: String
  /// nil: the server answered, and had no data. There is no file then.
  public var content: Content?
  /// Where it came from.
  public let url: String
  public var etag: String
  public var lastModified: String
  /// When it was fetched, and when the server last said that it is still so, in seconds since 1970 UTC.
  public var fetchedSeconds: Int64
  public var checkedSeconds: Int64

  public struct Content: Hashable, Sendable {
    public let byteCount: Int64
    public let sha256: String
  }

  // MARK: The line

  static let columns = [
    "path", "bytes", "sha256", "fetched", "checked", "etag", "last_modified", "url",
  ]

  var line: String {
    let fields = [
      path, content.map { "\($0.byteCount)" } ?? "-", content?.sha256 ?? "-", "\(fetchedSeconds)",
      "\(checkedSeconds)", etag, lastModified, url,
    ]
    precondition(fields.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 } }, "fields are plain text")
    return fields.joined(separator: "\t") + "\n"
  }

  init(
    path: String, content: Content?, url: String, etag: String = "", lastModified: String = "",
    fetchedSeconds: Int64, checkedSeconds: Int64? = nil
  ) {
    self.path = path
    self.content = content
    self.url = url
    self.etag = etag
    self.lastModified = lastModified
    self.fetchedSeconds = fetchedSeconds
    self.checkedSeconds = checkedSeconds ?? fetchedSeconds
  }

  /// nil for what is no line of this form.
  init?(line: Substring) {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == Self.columns.count, !fields[0].isEmpty, let fetched = Int64(fields[3]),
      let checked = Int64(fields[4])
    else { return nil }
    if fields[1] == "-" {
      content = nil
    } else {
      guard let byteCount = Int64(fields[1]), fields[2].utf8.count == 64 else { return nil }
      content = Content(byteCount: byteCount, sha256: fields[2])
    }
    path = fields[0]
    fetchedSeconds = fetched
    checkedSeconds = checked
    etag = fields[5]
    lastModified = fields[6]
    url = fields[7]
  }
}
