// How far two places are from each other.

import Glibc

public enum Distance {
  /// Kilometres on a sphere of the earth's mean radius: right to half a percent.
  public static func kilometres(_ one: GeoPoint, _ other: GeoPoint) -> Double {
    func radians(_ millionths: Int64) -> Double { Double(millionths) * .pi / 180e6 }
    let latitude = sin(radians(other.latitude - one.latitude) / 2)
    let longitude = sin(radians(other.longitude - one.longitude) / 2)
    let haversine =
      latitude * latitude
      + cos(radians(one.latitude)) * cos(radians(other.latitude)) * longitude * longitude
    return 2 * 6371.0088 * asin(min(1, haversine.squareRoot()))
  }
}
