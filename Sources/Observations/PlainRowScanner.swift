// The fast path of the CSV scan, for rows of printable ASCII without doubled quotes: 64 bytes at a
// time, by bit masks. Real files have hardly any other row.
//
// What must hold: where it gives an answer, `CSVRowScanner` gives the same one.

import CScan

/// Finds plain rows in a buffer, and puts the texts of wanted columns where rows are read from.
struct PlainRowScanner {
  struct Row {
    /// Where the row ends, without its terminator, and where the next begins.
    let end: Int
    let next: Int
    let fieldCount: Int
  }

  /// Longer rows are left to the general scanner, so that nothing long is scanned twice.
  private static let rowBytesMax = 8192

  private let storage: Storage
  private let ends: UnsafeMutablePointer<Int32>
  private let columns: UnsafeBufferPointer<Column>
  private let wantedCount: Int32

  private struct Column {
    let column: Int
    let index: Int
  }

  /// Frees the buffers with the last copy of the scanner.
  private final class Storage {
    /// Where each field ends, from the row's start: at its comma, or at the row's end.
    let ends: UnsafeMutablePointer<Int32>
    let columns: UnsafeMutableBufferPointer<Column>

    init(endCount: Int, columns: [Column]) {
      ends = .allocate(capacity: endCount)
      ends.initialize(repeating: 0, count: endCount)
      self.columns = .allocate(capacity: columns.count)
      _ = self.columns.initialize(from: columns)
    }

    deinit {
      ends.deallocate()
      columns.deallocate()
    }
  }

  init(_ header: GlobalHourlyHeader) {
    let columns = header.present.map { Column(column: $0.column.rawValue, index: $0.index) }
    let wantedCount = (columns.map(\.index).max() ?? 0) + 1
    storage = Storage(endCount: wantedCount + Int(CSCAN_ENDS_SLACK), columns: columns)
    ends = storage.ends
    self.columns = UnsafeBufferPointer(storage.columns)
    self.wantedCount = Int32(wantedCount)
  }

  /// nil when the row is not plain, or does not end at least 64 bytes before the buffer does.
  @inline(__always)
  func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Row? {
    let base = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + start
    let lastBlock = min(bytes.count - start, Self.rowBytesMax) - 64
    let row = cscan_plain_row(base, Int64(lastBlock), wantedCount, ends)
    guard row.next > 0 else { return nil }
    return Row(
      end: start &+ Int(row.end), next: start &+ Int(row.next), fieldCount: Int(row.field_count))
  }

  /// Takes the wanted fields of the row found last, which must have as many fields as the header.
  @inline(__always)
  func setTexts(
    _ texts: UnsafeMutablePointer<RowTexts.Text>, _ bytes: UnsafeRawBufferPointer, rowStart: Int
  ) {
    let row = bytes.baseAddress! + rowStart
    for column in columns {
      var start = column.index == 0 ? 0 : Int(ends[column.index &- 1]) &+ 1
      var end = Int(ends[column.index])
      if start < end, row.load(fromByteOffset: start, as: UInt8.self) == UInt8(ascii: "\"") {
        start &+= 1
        end &-= 1
      }
      texts[column.column] = UnsafeRawBufferPointer(start: row + start, count: end &- start)
    }
  }
}
