// What a column keeps of a temperature, and its ten-thousandths of a degree: the figure that server
// and store compare. FLOAT has some 7 digits, so that one of them is left as room for error.

enum FigureType: Hashable, Sendable {
  /// Of so many decimals, where the type says so: FLOAT(7,4).
  case float(decimals: Int)
  case double(decimals: Int)
  case decimal(decimals: Int)

  /// nil when the column is of a type that cannot hold a temperature.
  init?(_ column: FoundColumn) {
    switch (column.type, column.scale) {
    case ("float", let scale): self = .float(decimals: scale ?? 6)
    case ("double", let scale): self = .double(decimals: scale ?? 6)
    case ("decimal", let scale?) where (1...6).contains(scale): self = .decimal(decimals: scale)
    default: return nil
    }
  }

  /// As the server computes it from the column's own value: a FLOAT becomes the DOUBLE of the same
  /// value, and arithmetic of DECIMAL is exact.
  static func tenThousandthsSQL(_ column: Identifier) -> String {
    "CAST(FLOOR(\(column.quoted) * 10000 + 0.5) AS SIGNED)"
  }

  /// The same of what the column has once so many millionths of a degree were sent to it.
  func tenThousandths(ofMillionths millionths: Int64) -> Int64 {
    switch self {
    case .float(let decimals):
      let rounded = Self.rounded(millionths, decimals: decimals)
      return Self.tenThousandths(of: Double(Float(Self.degrees(ofMillionths: rounded))))
    case .double(let decimals):
      let rounded = Self.rounded(millionths, decimals: decimals)
      return Self.tenThousandths(of: Self.degrees(ofMillionths: rounded))
    case .decimal(let decimals):
      return Self.tenThousandths(ofMillionths: Self.rounded(millionths, decimals: decimals))
    }
  }

  /// A temperature as it is sent.
  static func degrees(ofMillionths millionths: Int64) -> Double { Double(millionths) / 1_000_000 }

  private static func tenThousandths(of degrees: Double) -> Int64 {
    // No fused multiply-add: two roundings, as the server has them.
    let product = degrees * 10_000
    return Int64((product + 0.5).rounded(.down))
  }

  private static func tenThousandths(ofMillionths millionths: Int64) -> Int64 {
    let sum = millionths + 50
    return sum >= 0 ? sum / 100 : -((99 - sum) / 100)
  }

  /// Half away from zero, as DECIMAL columns round.
  private static func rounded(_ millionths: Int64, decimals: Int) -> Int64 {
    guard decimals < 6 else { return millionths }
    var unit: Int64 = 1
    for _ in decimals..<6 { unit *= 10 }
    let whole = Int64((millionths.magnitude + UInt64(unit) / 2) / UInt64(unit)) * unit
    return millionths < 0 ? -whole : whole
  }
}
