// A station as a list of NOAA's has it.

/// Degrees, in millionths; both of one place.
public struct GeoPoint: Hashable, Sendable {
  public let latitude: Int64
  public let longitude: Int64

  /// nil where one of them is beyond what it may be.
  public init?(latitude: Int64, longitude: Int64) {
    guard latitude.magnitude <= 90_000_000, longitude.magnitude <= 180_000_000 else { return nil }
    self.latitude = latitude
    self.longitude = longitude
  }
}

/// A station of global-hourly, of GHCNh, or of both.
public struct Station: Hashable, Sendable {
  /// USAF and WBAN number, 11 characters; nil where global-hourly has none.
  public var isd: String?
  /// nil where GHCNh has none, or none is known to be the same.
  public var ghcnh: String?
  /// What both lists agree in, such as `wban+icao`; nil where they are not matched.
  public var matchedBy: String?
  public var name: String
  /// FIPS 10-4, as both lists have it; may be empty.
  public var country: String
  public var state: String
  public var icao: String
  /// Of GHCNh's list; may be empty.
  public var wmo: String
  /// nil where the list has none: 0, 0 counts as none.
  public var place: GeoPoint?
  /// Tenths of a metre; nil where missing.
  public var elevationTenths: Int64?
  /// The first and last day that global-hourly has, counted from 1970-01-01.
  public var firstDay: Int64?
  public var lastDay: Int64?

  init(name: String) {
    self.name = name
    country = ""
    state = ""
    icao = ""
    wmo = ""
  }

  /// The first one of its ids; every station has one.
  public var id: String { isd ?? ghcnh ?? "" }

  func isActive(on days: ClosedRange<Int64>) -> Bool {
    guard let firstDay, let lastDay else { return false }
    return firstDay <= days.upperBound && lastDay >= days.lowerBound
  }
}
