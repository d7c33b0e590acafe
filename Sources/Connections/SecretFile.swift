// A small file with a secret: its text, and who may read it.

import Glibc

public struct SecretFile: Sendable {
  public let path: String
  public let text: String
  private let mode: mode_t

  /// Why a file cannot be used.
  public struct Fault: Error, CustomStringConvertible {
    public let message: String
    /// What to do about it; may be empty.
    public let remedy: String

    public init(message: String, remedy: String) {
      self.message = message
      self.remedy = remedy
    }

    public var description: String { remedy.isEmpty ? message : "\(message). \(remedy)" }
  }

  /// Far beyond any password or option file; a larger one was named by mistake.
  private static let bytesMax = 64 << 10

  /// Reads a file; its rights are those of the file that was read, whatever the name leads to later.
  ///
  /// - Returns: nil when there is no such file.
  public init?(_ path: String) throws(Fault) {
    self.path = path
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Self.unreadable(path)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw Self.unreadable(path) }
    mode = status.st_mode

    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= Self.bytesMax {
      let count = read(file, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.unreadable(path) }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    guard bytes.count <= Self.bytesMax, let text = String(validating: bytes, as: UTF8.self) else {
      throw Fault(
        message: "\(path) has more than \(Self.bytesMax >> 10) KiB or is not UTF-8",
        remedy: "Name a file that holds the secret alone.")
    }
    self.text = text
  }

  /// - Throws: `Fault` when the group or others may read the file. (Where there is an access
  ///   list, the group's bits are its mask, so that counts too.)
  public func refuseIfOthersCanRead() throws(Fault) {
    guard mode & (S_IRGRP | S_IROTH) == 0 else {
      throw Fault(
        message: "others can read \(path), which has a secret in it",
        remedy: "Run: chmod 600 \(path)")
    }
  }

  private static func unreadable(_ path: String) -> Fault {
    Fault(message: "cannot read \(path): \(String(cString: strerror(errno)))", remedy: "")
  }
}
