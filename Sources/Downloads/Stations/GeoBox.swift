// A part of the earth between two parallels and two meridians.

/// North, west, south, east; where west is greater than east it lies across the date line.
public struct GeoBox: Hashable, Sendable {
  public let north: Int64
  public let west: Int64
  public let south: Int64
  public let east: Int64

  /// `N,W,S,E` in degrees; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { ListText.scaled(String($0), decimals: 6) }
    guard parts.count == 4, numbers.count == 4, numbers[0] >= numbers[2],
      GeoPoint(latitude: numbers[0], longitude: numbers[1]) != nil,
      GeoPoint(latitude: numbers[2], longitude: numbers[3]) != nil
    else { return nil }
    (north, west, south, east) = (numbers[0], numbers[1], numbers[2], numbers[3])
  }

  public func contains(_ point: GeoPoint) -> Bool {
    guard point.latitude <= north, point.latitude >= south else { return false }
    return west <= east
      ? point.longitude >= west && point.longitude <= east
      : point.longitude >= west || point.longitude <= east
  }
}

extension GeoPoint {
  /// `LAT,LON` in degrees; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { ListText.scaled(String($0), decimals: 6) }
    guard parts.count == 2, numbers.count == 2 else { return nil }
    self.init(latitude: numbers[0], longitude: numbers[1])
  }
}
