// The structural scan of CSV (RFC 4180): where a row's fields begin and end. Knows bytes, not columns.
//
// What must hold: the verdict on a row depends on its bytes alone, not on where the input was cut;
// and no byte is looked at twice, however many pieces the row comes in.

import Glibc

/// Finds one row, which may come in pieces. All places are counted from the row's first byte.
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
    case complete(end: Int, next: Int, isTerminated: Bool)
    /// The bytes end before the row does.
    case needsMore
    /// Quotes that cannot be a row's, known before the row ended.
    case malformed
  }

  private enum State {
    case fieldStart, unquoted, quoted, afterQuote
  }

  private(set) var fields: [Field] = []
  private var state = State.fieldStart
  private var position = 0
  private var contentStart = 0
  private var hasDoubledQuotes = false

  /// Whether nothing of a row has been scanned yet.
  var isFresh: Bool { position == 0 }

  /// Makes ready for the next row.
  mutating func reset() {
    fields.removeAll(keepingCapacity: true)
    state = .fieldStart
    position = 0
  }

  /// Scans on from where the last call since `reset` stopped.
  /// - Parameters:
  ///   - row: all bytes from the row's first on, those of earlier calls again.
  ///   - isLast: whether the input ends with them.
  mutating func scan(_ row: UnsafeRawBufferPointer, isLast: Bool) -> Row {
    while true {
      switch state {
      case .fieldStart:
        hasDoubledQuotes = false
        if position < row.count, row[position] == UInt8(ascii: "\"") {
          position += 1
          state = .quoted
        } else {
          if position == row.count, !isLast { return .needsMore }
          state = .unquoted
        }
        contentStart = position
      case .quoted:
        guard let quote = memchr(row.baseAddress! + position, 0x22, row.count - position) else {
          position = row.count
          return isLast ? .malformed : .needsMore
        }
        position = UnsafeRawPointer(quote) - row.baseAddress! + 1
        state = .afterQuote
      case .afterQuote: if let result = scanAfterQuote(row, isLast: isLast) { return result }
      case .unquoted: if let result = scanUnquoted(row, isLast: isLast) { return result }
      }
    }
  }

  /// nil when the row goes on.
  private mutating func scanAfterQuote(_ row: UnsafeRawBufferPointer, isLast: Bool) -> Row? {
    guard position < row.count else {
      return isLast ? finish(contentEnd: position - 1, end: position, next: position) : .needsMore
    }
    switch row[position] {
    case UInt8(ascii: "\""):
      hasDoubledQuotes = true
      position += 1
      state = .quoted
      return nil
    case UInt8(ascii: ","):
      append(end: position - 1)
      return nil
    case UInt8(ascii: "\n"):
      return finish(contentEnd: position - 1, end: position, next: position + 1)
    case UInt8(ascii: "\r"):
      if position + 1 == row.count {
        return isLast
          ? finish(contentEnd: position - 1, end: position, next: row.count, isTerminated: false)
          : .needsMore
      }
      guard row[position + 1] == UInt8(ascii: "\n") else { return .malformed }
      return finish(contentEnd: position - 1, end: position, next: position + 2)
    default: return .malformed
    }
  }

  /// nil when the row goes on.
  private mutating func scanUnquoted(_ row: UnsafeRawBufferPointer, isLast: Bool) -> Row? {
    while position < row.count {
      switch row[position] {
      case UInt8(ascii: ","):
        append(end: position)
        return nil
      case UInt8(ascii: "\""): return .malformed
      case UInt8(ascii: "\n"): return finishUnquoted(row, next: position + 1)
      default: position &+= 1
      }
    }
    return isLast ? finishUnquoted(row, next: position) : .needsMore
  }

  /// Ends an unquoted field and its row. A carriage return at its end belongs to the terminator.
  private mutating func finishUnquoted(_ row: UnsafeRawBufferPointer, next: Int) -> Row {
    let hasReturn = position > contentStart && row[position - 1] == UInt8(ascii: "\r")
    let end = hasReturn ? position - 1 : position
    return finish(contentEnd: end, end: end, next: next, isTerminated: next > position)
  }

  private mutating func append(end: Int) {
    fields.append(Field(start: contentStart, end: end, hasDoubledQuotes: hasDoubledQuotes))
    position += 1
    state = .fieldStart
  }

  private mutating func finish(
    contentEnd: Int, end: Int, next: Int, isTerminated: Bool? = nil
  ) -> Row {
    fields.append(Field(start: contentStart, end: contentEnd, hasDoubledQuotes: hasDoubledQuotes))
    return .complete(end: end, next: next, isTerminated: isTerminated ?? (next > end))
  }
}
