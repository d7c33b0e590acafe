// A store for the time of one computation.

import Glibc
import LogStore

/// A temporary store in a folder of its own, removed with the value.
final class ScratchStore {
  let store: LogStore
  private let folder: String

  /// - Parameter path: the store beside which it is made, since there is room; where that folder
  ///   cannot be written, in TMPDIR.
  init(beside path: String) throws {
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let besides = parent.isEmpty ? "." : parent.joined(separator: "/")
    let fallback = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    guard let folder = Self.makeFolder(in: besides) ?? Self.makeFolder(in: fallback) else {
      throw StoreError(
        .io, "no room for a temporary store: \(InputFiles.errorText())",
        remedy: "Set TMPDIR to a folder that can be written")
    }
    self.folder = folder
    do {
      store = try LogStore.open("\(folder)/scratch.store", StoreOptions(durability: .relaxed))
    } catch {
      Self.remove(folder)
      throw error
    }
  }

  deinit {
    store.close()
    Self.remove(folder)
  }

  private static func makeFolder(in parent: String) -> String? {
    var template = Array("\(parent)/.moaa-scratch-XXXXXX".utf8CString)
    return template.withUnsafeMutableBufferPointer { buffer in
      mkdtemp(buffer.baseAddress!).map { String(cString: $0) }
    }
  }

  private static func remove(_ folder: String) {
    for suffix in ["", "-wal", "-shm", "-lock"] { unlink("\(folder)/scratch.store\(suffix)") }
    rmdir(folder)
  }
}
