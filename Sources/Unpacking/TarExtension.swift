// What stands before a header about the member that it begins: a long name, or pax records.
//
// Source: POSIX.1-2017, pax, "pax Extended Header".

/// What extensions say; nil where they say nothing.
struct TarExtension {
  private(set) var name: String?
  private(set) var byteCount: Int64?
  private(set) var isSparse = false

  /// - Parameter bytes: a name, ended by a NUL byte or the bytes' end.
  mutating func setName(_ bytes: UnsafeRawBufferPointer) {
    name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Reads records: `LENGTH KEYWORD=VALUE`, each ended by a newline, the length being that of the
  /// whole record. A later one replaces an earlier one; one without a value takes it back.
  /// - Returns: false when they are malformed.
  mutating func readRecords(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let digits = rest.prefix { Self.digits.contains($0) }
      // No record is longer than the greatest extension, which has 7 digits.
      guard (1...7).contains(digits.count) else { return false }
      let length = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
      guard length <= rest.count, length >= digits.count + 3 else { return false }
      let record = rest.prefix(length)
      guard record[digits.endIndex] == UInt8(ascii: " "), record.last == UInt8(ascii: "\n") else {
        return false
      }
      let text = record.dropLast()[(digits.endIndex + 1)...]
      guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return false }
      guard set(text[..<equals], text[(equals + 1)...]) else { return false }
      rest = rest.dropFirst(length)
    }
    return true
  }

  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  private mutating func set(
    _ keyword: Slice<UnsafeRawBufferPointer>, _ value: Slice<UnsafeRawBufferPointer>
  ) -> Bool {
    if keyword.elementsEqual("path".utf8) {
      name = value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
    } else if keyword.elementsEqual("size".utf8) {
      guard value.count <= 18, value.allSatisfy(Self.digits.contains) else { return false }
      byteCount =
        value.isEmpty ? nil : value.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    } else if keyword.starts(with: "GNU.sparse.".utf8) {
      isSparse = true
    }
    return true
  }
}
