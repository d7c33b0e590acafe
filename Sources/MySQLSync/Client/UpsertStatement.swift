// Upserts of many rows, by the fastest way that a server takes.

/// An upsert, prepared once for any number of rows.
public final class UpsertStatement {
  public enum Method: String, Sendable, CaseIterable {
    /// One statement of one row, executed with arrays of values. MariaDB's alone.
    case arrays
    /// Statements of many rows.
    case multiRow
  }

  public let shape: UpsertShape
  public let method: Method
  private let connection: MySQLConnection
  private let packetBytesMax: Int
  /// By their number of rows.
  private var statements: [Int: MySQLStatement] = [:]

  /// Packets larger than this gain nothing, and both sides hold them in memory.
  static let packetBytesTarget = 4 << 20
  /// What a packet has beside its rows: its command, the types of a row, room for error.
  private static let packetBytesBesideRows = 512
  /// The protocol counts a statement's parameters in 16 bits.
  private static let parametersMax = 65_535
  /// Smaller and larger ones were slower (docs/decisions/0012).
  private static let multiRowMax = 512

  init(_ shape: UpsertShape, method: Method, on connection: MySQLConnection) {
    self.shape = shape
    self.method = method
    self.connection = connection
    packetBytesMax =
      min(connection.packetBytesMax, Self.packetBytesTarget) - Self.packetBytesBesideRows
  }

  /// Upserts rows, in their order. To be called within a transaction: a failure may come after some
  /// of them were written, and it does not say which row it is about.
  ///
  /// - Parameter rows: those of the block to take; all, unless given.
  /// - Returns: 1 for each row that was inserted, 2 for each that was updated, 0 for each that was
  ///   left as it is.
  @discardableResult
  public func upsert(_ block: RowBlock, rows: Range<Int>? = nil) throws(MySQLFailure) -> Int {
    precondition(block.columns.count == shape.columns.count, "a block of other columns")
    block.checkRows()
    var rest = rows ?? 0..<block.rowCount
    var changedCount = 0
    while !rest.isEmpty {
      let count = try rowCount(of: block, from: rest)
      let next = rest.lowerBound..<rest.lowerBound + count
      let statement = try statement(rowCount: method == .arrays ? 1 : count)
      changedCount += try statement.execute(block, rows: next, asArrays: method == .arrays)
      rest = next.upperBound..<rest.upperBound
    }
    return changedCount
  }

  /// How many of the rows go next: as many as a packet takes. Statements are of 1, 2, 4, … rows, so
  /// that a few of them do for every number of rows.
  private func rowCount(of block: RowBlock, from rows: Range<Int>) throws(MySQLFailure) -> Int {
    var bytes = 0
    var count = 0
    let limit = min(rows.count, method == .arrays ? Int.max : multiRowLimit)
    while count < limit {
      bytes += ParameterBinding.bytes(of: rows.lowerBound + count, in: block)
      if method == .multiRow { bytes += 2 * shape.columns.count }
      if bytes > packetBytesMax { break }
      count += 1
    }
    guard count > 0 else { return try rowBeyondTarget(bytes) }
    return method == .arrays ? count : 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
  }

  /// A single row that is larger than the target still goes, if the server takes it.
  private func rowBeyondTarget(_ bytes: Int) throws(MySQLFailure) -> Int {
    guard bytes + Self.packetBytesBesideRows <= connection.packetBytesMax else {
      // As the server would say, but without the loss of the connection.
      throw MySQLFailure(
        number: 1153, sqlState: "08S01",
        words: "a row of \(bytes) bytes, where max_allowed_packet is \(connection.packetBytesMax)",
        while: "upserting into \(shape.table)")
    }
    return 1
  }

  /// Rows a statement: bounded by its parameters, and by its text, which goes in a packet too.
  private var multiRowLimit: Int {
    let textBytesPerRow = 2 * shape.columns.count + 2
    return max(
      1,
      min(
        Self.multiRowMax, Self.parametersMax / shape.columns.count,
        packetBytesMax / 2 / textBytesPerRow))
  }

  private func statement(rowCount: Int) throws(MySQLFailure) -> MySQLStatement {
    if let statement = statements[rowCount] { return statement }
    let statement = try connection.prepare(
      connection.dialect.upsert(shape, rowCount: rowCount))
    statements[rowCount] = statement
    return statement
  }
}
