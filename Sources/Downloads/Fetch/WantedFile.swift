// One thing to fetch, and how it ended.

/// What shall be fetched, and what to do with it.
struct WantedFile {
  let url: String
  /// Where it comes to lie in the cache, or as what its part is kept while it comes.
  let path: String
  /// Whether it stays as it came, with a line in the manifest; else `take` has it.
  let isKept: Bool
  /// Whether a file that the cache has may have grown: the server is asked.
  let asksForChanges: Bool
  /// What is wrong with a body, read from its file; nil where it is what was asked for.
  let fault: (_ path: String) throws(DownloadFailure) -> String?
  /// Takes what is not kept.
  let take: (_ path: String, _ entry: ManifestEntry) throws(DownloadFailure) -> Void

  init(
    url: String, path: String, isKept: Bool = true, asksForChanges: Bool = false,
    fault: @escaping (_ path: String) throws(DownloadFailure) -> String? = { _ in nil },
    take: @escaping (_ path: String, _ entry: ManifestEntry) throws(DownloadFailure) -> Void = {
      _, _ in
    }
  ) {
    self.url = url
    self.path = path
    self.isKept = isKept
    self.asksForChanges = asksForChanges
    self.fault = fault
    self.take = take
  }
}

enum FetchOutcome {
  /// So many bytes came over the network; fewer than the file has where it was continued.
  case fetched(byteCount: Int64)
  /// The server says that what the cache has is still so.
  case unchanged
  case failed(DownloadFailure)
}
