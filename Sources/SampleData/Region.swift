// Where the sample's stations lie: parts of the world with their climate, one after the other.

/// A box on the map and what its weather is like. A station can come to lie in the sea.
struct Region {
  /// What ends a station's NAME: a FIPS country code, as ISD writes it.
  let country: String
  /// The beginning of a station's id: two characters, no two regions the same.
  let idPrefix: String
  let callSignPrefix: String
  /// Whole degrees; a station lies up to one more to the north, and to the east.
  let latitudeDegrees: ClosedRange<Int>
  let longitudeDegrees: ClosedRange<Int>
  let elevationMeters: ClosedRange<Int>
  /// 0 on an island, 100 in the middle of Asia: how far the seasons and the hours are apart.
  let continentality: Int
  /// What the place is warmer than others of its latitude, in tenths of a degree: ocean currents,
  /// deserts, ice.
  let warmthTenths: Int
  /// Stations of the United States report to NCEI itself, at minute 51, in tenths of a degree.
  var isUnitedStates: Bool { country.hasSuffix(" US") }

  private init(
    _ country: String, id idPrefix: String, call callSignPrefix: String,
    _ latitudeDegrees: ClosedRange<Int>, _ longitudeDegrees: ClosedRange<Int>,
    _ elevationMeters: ClosedRange<Int>, continental: Int, warmth: Int
  ) {
    self.country = country
    self.idPrefix = idPrefix
    self.callSignPrefix = callSignPrefix
    self.latitudeDegrees = latitudeDegrees
    self.longitudeDegrees = longitudeDegrees
    self.elevationMeters = elevationMeters
    continentality = continental
    warmthTenths = warmth
  }

  /// Station i lies in region i modulo their number. The order is such that a few stations already
  /// see both hemispheres, the tropics and the ice. Changing the table changes every sample.
  static let all: [Region] = [
    Region(
      "IL US", id: "72", call: "K", 38...43, -91 ... -87, 120...300, continental: 60, warmth: 5),
    Region("FI", id: "02", call: "EF", 60...69, 21...30, 2...250, continental: 35, warmth: 70),
    Region("BR", id: "82", call: "SB", -12...0, -65 ... -40, 5...400, continental: 10, warmth: 0),
    Region("SA", id: "41", call: "OE", 18...30, 38...50, 5...900, continental: 50, warmth: 50),
    Region(
      "AY", id: "89", call: "NZ", -89 ... -66, -180...179, 5...3200, continental: 45, warmth: -150),
    Region("AS", id: "94", call: "Y", -37 ... -16, 116...150, 2...600, continental: 40, warmth: 20),
    Region(
      "CO US", id: "A0", call: "K", 37...40, -109 ... -104, 1400...3200, continental: 60, warmth: 60
    ),
    Region("RS", id: "31", call: "U", 48...68, 90...135, 40...700, continental: 100, warmth: -20),
    Region("NO", id: "01", call: "EN", 58...78, 5...25, 2...150, continental: 15, warmth: 80),
    Region("KE", id: "63", call: "HK", -4...3, 34...41, 5...2200, continental: 20, warmth: 0),
    Region("JA", id: "47", call: "RJ", 31...44, 130...144, 2...250, continental: 40, warmth: 10),
    Region(
      "AR", id: "87", call: "SA", -50 ... -24, -70 ... -58, 2...800, continental: 40, warmth: 10),
    Region("GM", id: "10", call: "ED", 48...54, 6...13, 1...900, continental: 20, warmth: 40),
    Region("MG", id: "44", call: "ZM", 43...49, 90...114, 900...2200, continental: 85, warmth: 10),
    Region("IN", id: "42", call: "VI", 15...30, 72...87, 5...700, continental: 45, warmth: 30),
    Region("FJ", id: "91", call: "NF", -20 ... -14, 177...179, 2...60, continental: 0, warmth: 0),
  ]
}
