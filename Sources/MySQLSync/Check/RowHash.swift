// A hash of a row's text that the server can compute too.

import CCrypto

/// The first 60 bits of SHA-256 (FIPS 180-4). Sums of them over a day differ if a row does, but for
/// one case in 10^18: unlike a CRC's, they are no linear function of the text, so that figures which
/// changed places do not cancel out. MySQL drops MD5() and SHA1(); SHA2() stays.
struct RowHash: ~Copyable {
  private let context: OpaquePointer
  private let algorithm: OpaquePointer

  init() {
    // Looked up once: EVP_sha256() would be looked up again with every text.
    guard let context = EVP_MD_CTX_new(), let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else {
      preconditionFailure("libcrypto has no SHA-256")
    }
    self.context = context
    self.algorithm = algorithm
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  func hash(_ text: [UInt8]) -> Int64 {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
      let bytes = digest.bindMemory(to: UInt8.self)
      guard EVP_DigestInit_ex2(context, algorithm, nil) == 1,
        EVP_DigestUpdate(context, text, text.count) == 1,
        EVP_DigestFinal_ex(context, bytes.baseAddress, nil) == 1
      else { preconditionFailure("libcrypto refused to hash") }
      return Int64(UInt64(bigEndian: digest.load(as: UInt64.self)) >> 4)
    }
  }

  /// The same of an expression.
  static func sql(_ text: String) -> String {
    "CAST(CONV(LEFT(SHA2(\(text), 256), 15), 16, 10) AS UNSIGNED)"
  }

  /// The sum of so many hashes as both sides have it: a SUM in SQL is a DECIMAL, without overflow.
  static func sumSQL(_ text: String) -> String {
    "CAST(MOD(SUM(\(sql(text))), 9223372036854775808) AS UNSIGNED)"
  }

  /// Adds to a sum, modulo 2^63.
  static func add(_ hash: Int64, to sum: inout Int64) { sum = (sum &+ hash) & Int64.max }
}
