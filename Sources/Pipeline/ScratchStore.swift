// A store for the time of one computation.

import Glibc
import LogStore

/// A temporary store in a folder of its own, removed with the value. What a killed process has left is
/// removed by the next one.
final class ScratchStore {
  let store: LogStore
  private let folder: ScratchFolder

  /// - Parameter path: the store beside which it is made, since there is room; where that folder
  ///   cannot be written, in TMPDIR.
  init(beside path: String) throws {
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let besides = parent.isEmpty ? "." : parent.joined(separator: "/") + "/"
    let fallback = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    for parent in [besides, fallback] { ScratchFolder.sweep(parent) }
    guard let folder = ScratchFolder(in: besides) ?? ScratchFolder(in: fallback) else {
      let isLimit = errno == EMFILE || errno == ENFILE
      throw StoreError(
        .io, "cannot make a temporary store: \(InputFiles.errorText())",
        remedy: isLimit ? "Raise `ulimit -n`" : "Set TMPDIR to a folder that can be written")
    }
    self.folder = folder
    store = try LogStore.open(
      "\(folder.path)/\(ScratchFolder.storeName)", StoreOptions(durability: .relaxed))
  }

  deinit { store.close() }
}
