// The first rows of a file that are not in the log yet, by event time: files are nearly sorted.
//
// The next row is always the earliest of the first 64 that are not in the log, in file order, and
// within 1,024 rows of the first of them. That depends on nothing but which rows are in the log, so
// that an ingest that was interrupted goes on in the same order.

/// A small sorted buffer of rows of one file.
struct ReorderWindow {
  /// NCEI's files are sorted; a row written late stands a few rows from its place.
  static let rowCountMax = 64
  /// How far a row may be overtaken: in a file that is not sorted at all, such as the concatenation
  /// of several, late rows would else wait for its end, and be remembered until then.
  static let rowSpanMax = 1024

  struct Entry {
    let seconds: Int64
    /// The row's number in its file.
    let row: Int
    /// Kept alive by the cursor: counting references for every row would be a tenth of the merge.
    let chunk: Unmanaged<RowChunk>
    let index: Int
  }

  private var entries: [Entry] = []
  private var first = 0

  var count: Int { entries.count - first }
  var isEmpty: Bool { first == entries.count }
  var isFull: Bool { count >= Self.rowCountMax }
  /// The earliest row.
  var head: Entry { entries[first] }

  /// The lowest number of the rows here; there must be one.
  var lowestRow: Int { entries[first...].reduce(Int.max) { min($0, $1.row) } }

  /// Inserts a row that comes later in the file than those already here.
  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    var place = entries.count - 1
    while place > first, entries[place - 1].seconds > entry.seconds {
      entries.swapAt(place, place - 1)
      place -= 1
    }
  }

  mutating func removeHead() {
    first += 1
    if first == entries.count {
      entries.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 4 * Self.rowCountMax {
      entries.removeFirst(first)
      first = 0
    }
  }
}

/// What the window's head would be, found while a file's rows go by: so the file need not be kept open
/// until it is that row's turn.
struct NextRow {
  private let progress: FileProgress
  private var count = 0
  /// Event time of the file's next row; nil when none has gone by.
  private(set) var seconds: Int64?

  /// - Parameter progress: which rows are in the log.
  init(after progress: FileProgress) { self.progress = progress }

  mutating func see(row: Int, seconds: Int64) {
    guard row >= progress.contiguousCount, count < ReorderWindow.rowCountMax,
      row < progress.contiguousCount + ReorderWindow.rowSpanMax, !progress.contains(row)
    else { return }
    count += 1
    self.seconds = min(self.seconds ?? seconds, seconds)
  }
}
