// Which server it is, and how an upsert is written for it.

/// MariaDB from 10.6 on, or MySQL from 8.0 on.
public struct ServerDialect: Hashable, Sendable {
  public enum Product: String, Sendable {
    case mariaDB = "MariaDB"
    case mySQL = "MySQL"
  }

  public struct Version: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let major: Int
    public let minor: Int
    public let patch: Int

    public init(_ major: Int, _ minor: Int, _ patch: Int) {
      self.major = major
      self.minor = minor
      self.patch = patch
    }

    public static func < (left: Version, right: Version) -> Bool {
      (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    public var description: String { "\(major).\(minor).\(patch)" }
  }

  public let product: Product
  public let version: Version

  static let oldestMariaDB = Version(10, 6, 0)
  static let oldestMySQL = Version(8, 0, 0)
  /// MySQL deprecates VALUES() in favour of a row alias from here on (8.0.20 release notes).
  static let rowAliasSince = Version(8, 0, 20)

  public init(product: Product, version: Version) {
    self.product = product
    self.version = version
  }

  /// Reads what a server calls itself, as `10.11.6-MariaDB-0+deb12u1`, `5.5.5-10.6.7-MariaDB` (the
  /// prefix is there for old replicas) or `8.4.0`.
  ///
  /// - Throws: a setup failure when it is older than those that moaa works with.
  public init(serverVersion text: String) throws(MySQLFailure) {
    let isMariaDB = text.lowercased().contains("mariadb")
    var digits = text[...]
    if isMariaDB, digits.hasPrefix("5.5.5-") { digits = digits.dropFirst(6) }
    let numbers = digits.prefix { $0 == "." || ("0"..."9").contains($0) }
      .split(separator: ".").compactMap { Int($0) }
    guard numbers.count >= 2 else {
      throw .own(
        "the server calls itself \"\(text)\", which is no version that moaa knows",
        remedy: Self.whatIsNeeded)
    }
    product = isMariaDB ? .mariaDB : .mySQL
    version = Version(numbers[0], numbers[1], numbers.count > 2 ? numbers[2] : 0)
    guard version >= (isMariaDB ? Self.oldestMariaDB : Self.oldestMySQL) else {
      throw .own("the server is \(product.rawValue) \(version)", remedy: Self.whatIsNeeded)
    }
  }

  private static let whatIsNeeded =
    "moaa works with MariaDB \(oldestMariaDB) and later, and MySQL \(oldestMySQL) and later."

  /// MariaDB knows no row alias, MySQL deprecates VALUES().
  private var hasRowAlias: Bool { product == .mySQL && version >= Self.rowAliasSince }

  /// In the update part of an upsert: the value that the row to be inserted has for a column.
  public func incoming(_ column: Identifier) -> String {
    hasRowAlias ? "new.\(column.quoted)" : "VALUES(\(column.quoted))"
  }

  /// An upsert of so many rows, with a parameter for each value, row by row.
  func upsert(_ shape: UpsertShape, rowCount: Int) -> String {
    let columns = shape.columns.map(\.quoted).joined(separator: ", ")
    let row = "(" + repeatElement("?", count: shape.columns.count).joined(separator: ",") + ")"
    let rows = repeatElement(row, count: rowCount).joined(separator: ",")
    let insert = "INSERT INTO \(shape.table.quoted) (\(columns)) VALUES \(rows)"
    guard !shape.update.isEmpty else { return insert }
    return insert + (hasRowAlias ? " AS new" : "") + " ON DUPLICATE KEY UPDATE \(shape.update)"
  }
}

extension ServerDialect: CustomStringConvertible {
  public var description: String { "\(product.rawValue) \(version)" }
}
