// The structural scan of CSV (RFC 4180): where a row's fields begin and end. Knows bytes, not columns.
//
// What must hold: the verdict on a row depends on its bytes alone, not on where the input was cut.

import Glibc

/// Finds one row at a time in a buffer.
struct CSVRowScanner {
  /// Where a field's content lies, without its quotes.
  struct Field {
    var start: Int
    var end: Int
    /// Whether it holds doubled quotes to undouble.
    var hasDoubledQuotes: Bool
  }

  enum Row {
    /// A row, without its terminator, and where the next begins.
    case complete(end: Int, next: Int)
    /// The buffer ends before the row does.
    case needsMore
    /// Quotes that cannot be a row's, known before the row ended.
    case malformed
  }

  private(set) var fields: [Field] = []

  /// - Parameter isLast: whether the input ends with the buffer.
  mutating func scan(_ bytes: UnsafeRawBufferPointer, from start: Int, isLast: Bool) -> Row {
    fields.removeAll(keepingCapacity: true)
    let base = bytes.baseAddress!
    let count = bytes.count
    var position = start
    while true {
      if position < count, bytes[position] == UInt8(ascii: "\"") {
        let content = position + 1
        position = content
        var doubled = false
        while true {
          guard let quote = memchr(base + position, 0x22, count - position) else {
            return isLast ? .malformed : .needsMore
          }
          position = UnsafeRawPointer(quote) - base + 1
          if position < count, bytes[position] == UInt8(ascii: "\"") {
            doubled = true
            position += 1
            continue
          }
          break
        }
        if position == count, !isLast { return .needsMore }
        fields.append(Field(start: content, end: position - 1, hasDoubledQuotes: doubled))
      } else {
        let content = position
        while position < count {
          let byte = bytes[position]
          if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") { break }
          if byte == UInt8(ascii: "\"") { return .malformed }
          position &+= 1
        }
        if position == count, !isLast { return .needsMore }
        var end = position
        if end > content, bytes[end - 1] == UInt8(ascii: "\r"),
          position == count || bytes[position] == UInt8(ascii: "\n")
        {
          end -= 1
        }
        fields.append(Field(start: content, end: end, hasDoubledQuotes: false))
      }
      if position == count { return .complete(end: count, next: count) }
      switch bytes[position] {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "\n"): return .complete(end: position, next: position + 1)
      case UInt8(ascii: "\r"):
        if position + 1 == count {
          return isLast ? .complete(end: position, next: count) : .needsMore
        }
        guard bytes[position + 1] == UInt8(ascii: "\n") else { return .malformed }
        return .complete(end: position, next: position + 2)
      default: return .malformed
      }
    }
  }
}
