// The texts of a row in the form of NCEI's CSV, where the format at hand writes them differently.

/// Where the readers of other formats put the columns of a row; used again for every row.
final class WrittenTexts {
  /// More than all texts that a row can have written.
  private static let roomByteCount = 256

  private let columns = RowTexts()
  private let room: UnsafeMutableRawPointer
  private var cursor: ByteCursor

  init() {
    room = .allocate(byteCount: Self.roomByteCount, alignment: 8)
    cursor = ByteCursor(room)
  }

  deinit { room.deallocate() }

  /// By `ObservationColumn`; nil where the format has none.
  var texts: UnsafePointer<UnsafeRawBufferPointer?> { UnsafePointer(columns.texts) }

  /// Makes ready for the next row.
  func begin() { cursor = ByteCursor(room) }

  /// Takes a text that stands in the row as it is.
  func set(_ column: ObservationColumn, _ text: UnsafeRawBufferPointer) {
    columns.texts[column.rawValue] = text
  }

  /// Takes the text that `body` writes.
  @discardableResult @inline(__always)
  func write(
    _ column: ObservationColumn, _ body: (inout ByteCursor) -> Void
  ) -> UnsafeRawBufferPointer {
    let text = write(body)
    columns.texts[column.rawValue] = text
    return text
  }

  /// Text of no column.
  @inline(__always)
  func write(_ body: (inout ByteCursor) -> Void) -> UnsafeRawBufferPointer {
    let start = cursor.next
    body(&cursor)
    precondition(cursor.next - room <= Self.roomByteCount, "there is room for a row's texts")
    return UnsafeRawBufferPointer(start: start, count: cursor.next - start)
  }
}

extension ByteCursor {
  /// `64.333`, `23.45`, `-87.9`, `205.0`: as many decimals as needed, one at least. 22 bytes at most.
  mutating func putThousandths(_ value: Int) {
    if value < 0 { put(UInt8(ascii: "-")) }
    let thousandths = value.magnitude
    putDecimal(UInt64(thousandths / 1000), atLeast: 1)
    put(UInt8(ascii: "."))
    let (tenth, hundredth, thousandth) = (
      thousandths / 100 % 10, thousandths / 10 % 10, thousandths % 10
    )
    put(UInt8(ascii: "0") + UInt8(tenth))
    if hundredth + thousandth > 0 { put(UInt8(ascii: "0") + UInt8(hundredth)) }
    if thousandth > 0 { put(UInt8(ascii: "0") + UInt8(thousandth)) }
  }
}
