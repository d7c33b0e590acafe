// The wanted fields of the row at hand, by column: one buffer, used again for every row.

/// Where a decoder puts the texts of a row and an `ObservationRow` reads them.
final class RowTexts {
  typealias Text = UnsafeRawBufferPointer?

  /// By `ObservationColumn`; nil where the file has no such column.
  let texts: UnsafeMutablePointer<Text>
  /// Room for fields that differ from their text in the file, by column.
  private var rooms: [UnsafeMutableRawBufferPointer]

  init() {
    let count = ObservationColumn.allCases.count
    texts = .allocate(capacity: count)
    texts.initialize(repeating: nil, count: count)
    rooms = [UnsafeMutableRawBufferPointer](repeating: .init(start: nil, count: 0), count: count)
  }

  deinit {
    texts.deallocate()
    for room in rooms { room.deallocate() }
  }

  /// Takes the text of a column with every pair of quotes made one.
  func setUndoubled(_ text: UnsafeRawBufferPointer, column: Int) {
    if rooms[column].count < text.count {
      rooms[column].deallocate()
      rooms[column] = .allocate(byteCount: text.count, alignment: 1)
    }
    let room = rooms[column]
    var count = 0
    var index = 0
    while index < text.count {
      room[count] = text[index]
      count += 1
      index += text[index] == UInt8(ascii: "\"") ? 2 : 1
    }
    texts[column] = UnsafeRawBufferPointer(start: room.baseAddress, count: count)
  }
}
