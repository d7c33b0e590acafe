// Hashes of files, by libcrypto.

import CCrypto
import Glibc

/// A running hash.
struct FileDigest: ~Copyable {
  enum Kind { case sha256, md5 }

  private let context: OpaquePointer

  init(_ kind: Kind) {
    guard let context = EVP_MD_CTX_new(),
      EVP_DigestInit_ex(context, kind == .sha256 ? EVP_sha256() : EVP_md5(), nil) == 1
    else { preconditionFailure("libcrypto lacks a hash") }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      preconditionFailure("libcrypto refused to hash")
    }
  }

  /// Lower-case hexadecimal.
  consuming func finish() -> String {
    var bytes = [UInt8](repeating: 0, count: 64)
    var count: UInt32 = 0
    guard EVP_DigestFinal_ex(context, &bytes, &count) == 1 else {
      preconditionFailure("libcrypto refused to finish a hash")
    }
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes[..<Int(count)].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  static func sha256(_ text: String) -> String {
    var digest = FileDigest(.sha256)
    Array(text.utf8).withUnsafeBytes { digest.update($0) }
    return digest.finish()
  }

  /// Size and SHA-256 of a file; nil where there is none.
  static func sha256(ofFile path: String) throws(DownloadFailure) -> (
    byteCount: Int64, hash: String
  )? {
    var digest = FileDigest(.sha256)
    var byteCount: Int64 = 0
    let isThere = try readFile(path) { (bytes) throws(DownloadFailure) in
      digest.update(bytes)
      byteCount += Int64(bytes.count)
    }
    return isThere ? (byteCount, digest.finish()) : nil
  }
}

/// Hands over a file piece by piece.
/// - Returns: false where there is none.
func readFile(
  _ path: String, _ body: (UnsafeRawBufferPointer) throws(DownloadFailure) -> Void
) throws(DownloadFailure) -> Bool {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else {
    if errno == ENOENT { return false }
    throw .system("read", path)
  }
  defer { close(file) }
  var piece = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = read(file, &piece, piece.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw .system("read", path) }
    if count == 0 { return true }
    let result = piece.withUnsafeBytes { all in
      Result { () throws(DownloadFailure) in
        try body(UnsafeRawBufferPointer(rebasing: all[..<count]))
      }
    }
    try result.get()
  }
}

/// All of a small file.
/// - Returns: nil when there is none.
func readWholeFile(_ path: String) throws(DownloadFailure) -> [UInt8]? {
  var bytes: [UInt8] = []
  let isThere = try readFile(path) { (piece) throws(DownloadFailure) in bytes += piece }
  return isThere ? bytes : nil
}
