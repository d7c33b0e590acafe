// One invented station: what it is called, where it lies, and what its climate is like.

/// A station of the sample. Ids and names have ISD's form but are invented; an id can happen to be
/// that of a real station elsewhere.
public struct SampleStation: Sendable {
  /// Eleven characters, unique in the sample: `72530094846`, `02864099999`, `A0735500182`.
  public let id: String
  /// With its country, as ISD has it: `ALDERHOLM AIRPORT, IL US`.
  public let name: String
  /// Degrees as the file writes them: `41.967201`.
  public let latitude: String
  /// Degrees as the file writes them: `-87.931034`.
  public let longitude: String
  /// Metres above the sea as the file writes them: `205.0`.
  public let elevation: String

  let isUnitedStates: Bool
  /// Four characters.
  let callSign: String
  /// Whether the CALL_SIGN column holds it, rather than 99999.
  let showsCallSign: Bool
  /// What draws the chances of a day.
  let seed: UInt64
  let climate: Climate

  /// More would need ids of another form.
  static let countMax = Region.all.count * numbersPerRegion

  private static let numbersPerRegion = 10_000

  /// Depends on the seed and the index alone.
  init(seed: UInt64, index: Int) {
    let region = Region.all[index % Region.all.count]
    let seedOfAll = SplitMix64.number(seed: seed, at: -1)
    let ownSeed = SplitMix64.number(seed: seedOfAll, at: index)
    self.seed = SplitMix64.number(seed: ownSeed, at: 0)
    var chance = SplitMix64(seed: SplitMix64.number(seed: ownSeed, at: 1))

    // A step that shares no factor with 10,000 gives each station of a region its own number.
    let start = Int(SplitMix64.number(seed: seedOfAll, at: -1 - index % Region.all.count) % 10_000)
    let number = (start + index / Region.all.count * 7919) % Self.numbersPerRegion
    isUnitedStates = region.isUnitedStates
    let suffix =
      switch (isUnitedStates, region.idPrefix) {
      case (true, "A0"): "00" + Self.digits(chance.next(in: 100...399), 3)
      case (true, _): Self.digits(chance.next(in: 3000...94_999), 5)
      default: "99999"
      }
    id = region.idPrefix + Self.digits(number, 4) + suffix
    name = Self.name(&chance) + ", " + region.country
    callSign = Self.callSign(region.callSignPrefix, &chance)
    showsCallSign = isUnitedStates || chance.next(in: 0...1) == 1

    let latitudeMillionths =
      chance.next(in: region.latitudeDegrees) * 1_000_000 + chance.next(in: 0...999_999)
    let longitudeMillionths =
      chance.next(in: region.longitudeDegrees) * 1_000_000 + chance.next(in: 0...999_999)
    let elevationTenths = chance.next(in: region.elevationMeters) * 10 + chance.next(in: 0...9)
    latitude = Self.decimal(latitudeMillionths, places: 6)
    longitude = Self.decimal(longitudeMillionths, places: 6)
    elevation = Self.decimal(elevationTenths, places: 1)
    climate = Climate(
      seed: SplitMix64.number(seed: ownSeed, at: 2), latitudeMillionths: latitudeMillionths,
      longitudeMillionths: longitudeMillionths, elevationTenths: elevationTenths,
      continentality: region.continentality,
      warmthTenths: region.warmthTenths + chance.next(in: -10...10))
  }

  // MARK: Text

  private static func name(_ chance: inout SplitMix64) -> String {
    let beginnings = [
      "ALDER", "BRAN", "CORM", "DUN", "ELD", "FAIR", "GARN", "HARROW", "IVER", "KEST", "LARK",
      "MARR", "NETHER", "ORM", "PELL", "QUARN", "ROWAN", "STAN", "THORN", "WREN",
    ]
    let ends = ["BURY", "DALE", "FORD", "GATE", "HOLM", "LEY", "MERE", "NESS", "STEAD", "WICK"]
    let kinds = [" AIRPORT", " FIELD", " OBSERVATORY", " HARBOUR", " INTERNATIONAL AIRPORT", ""]
    return beginnings[chance.next(in: 0...beginnings.count - 1)]
      + ends[chance.next(in: 0...ends.count - 1)] + kinds[chance.next(in: 0...kinds.count - 1)]
  }

  private static func callSign(_ prefix: String, _ chance: inout SplitMix64) -> String {
    var text = prefix
    while text.utf8.count < 4 {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(65 + chance.next(in: 0...25))))
    }
    return text
  }

  private static func digits(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: width - text.utf8.count) + text
  }

  private static func decimal(_ value: Int, places: Int) -> String {
    let unit = (0..<places).reduce(1) { scale, _ in scale * 10 }
    let size = value.magnitude
    return (value < 0 ? "-" : "") + String(size / UInt(unit)) + "."
      + digits(Int(size % UInt(unit)), places)
  }
}
