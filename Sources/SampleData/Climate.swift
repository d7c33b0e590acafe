// What the weather is at a place and a moment: a pure function in integers.
//
// It has the shape of weather (seasons by hemisphere, the sun's day, spells that last, cold heights),
// not its figures. Temperatures are thousandths of a degree until they are written.

/// The climate of one station.
struct Climate: Sendable {
  private let longitudeSeconds: Int
  private let mean: Int
  /// Half the span between January and July; negative south of the equator.
  private let seasonal: Int
  /// Half the span between the small hours and mid-afternoon.
  private let diurnal: Int
  private let dryness: Int
  /// The air pressure's ratio to that at the sea, in 65,536ths.
  private let pressureRatio: Int
  private let spells: SmoothNoise
  private let gusts: SmoothNoise
  private let drought: SmoothNoise
  private let pressure: SmoothNoise
  private let clouds: SmoothNoise
  private let windSpeed: SmoothNoise
  private let windDirection: SmoothNoise

  init(
    seed: UInt64, latitudeMillionths: Int, longitudeMillionths: Int, elevationTenths: Int,
    continentality: Int, warmthTenths: Int
  ) {
    let latitude = latitudeMillionths * Wave.turn / 360_000_000
    let sine = Wave.sine(latitude)
    let cosine = Wave.cosine(latitude)
    // A degree is four minutes of solar time.
    longitudeSeconds = longitudeMillionths * 240 / 1_000_000
    // 28 °C at the equator, 42 less at the poles, 6.5 less for each kilometre up.
    mean =
      28_000 - 42_000 * sine / Wave.one * sine / Wave.one - elevationTenths * 65 / 100
      + warmthTenths * 100
    seasonal = (6000 + 220 * continentality) * sine / Wave.one
    diurnal = (1500 + 60 * continentality) * cosine / Wave.one
    dryness = 3000 + 90 * continentality
    pressureRatio = Self.pressureRatio(elevationTenths: elevationTenths)
    let restlessness = 800 + (3200 + 10 * continentality) * abs(sine) / Wave.one
    func noise(_ channel: Int, hours: Int, deviation: Int) -> SmoothNoise {
      SmoothNoise(
        seed: SplitMix64.number(seed: seed, at: channel), periodSeconds: hours * 3600,
        deviation: deviation)
    }
    spells = noise(1, hours: 36, deviation: restlessness)
    gusts = noise(2, hours: 4, deviation: 800)
    drought = noise(3, hours: 20, deviation: 2000)
    pressure = noise(4, hours: 48, deviation: 20 + restlessness / 50)
    clouds = noise(5, hours: 15, deviation: 300)
    windSpeed = noise(6, hours: 8, deviation: 30)
    windDirection = noise(7, hours: 30, deviation: 9)
  }

  /// - Parameter second: since 1970-01-01T00:00:00Z.
  @inline(__always)
  func weather(at second: Int) -> Weather {
    let temperature = clamped(temperature(at: second), -93_200, 61_800)
    let spread = clamped(dryness &+ drought.value(at: second), 300, 30_000)
    // Clouds in thousandths of the sky, cut off at both ends, so that clear and overcast are common.
    let cover = clamped(500 &+ clouds.value(at: second), 0, 1000)
    return Weather(
      temperatureTenths: floorDivide(temperature &+ 50, 100),
      dewPointTenths: max(-982, floorDivide(temperature &- spread &+ 50, 100)),
      seaLevelTenths: 10_132 &+ pressure.value(at: second),
      pressureRatio: pressureRatio, oktas: (cover &* 8 &+ 500) / 1000,
      cloudBaseMeters: 300 &+ spread / 8 / 30 &* 30,
      windTens: (54 &+ windDirection.value(at: second)) % 36 &+ 1,
      windTenths: max(0, 42 &+ windSpeed.value(at: second)),
      rainTenths: cover == 1000 ? 2 &+ (clouds.value(at: second) &- 500) / 20 : 0)
  }

  @inline(__always)
  private func temperature(at second: Int) -> Int {
    // Warmest, at either end of the world, about 20 July or half a year from it.
    let ofYear = second &- floorDivide(second, Self.yearSeconds) &* Self.yearSeconds
    let season = Wave.cosine((ofYear &- Self.warmestSecondOfYear) &* Wave.turn / Self.yearSeconds)
    // Warmest at three in the afternoon of the sun's own time.
    let solar = second &+ longitudeSeconds &- 15 * 3600
    let hour = Wave.cosine((solar &- floorDivide(solar, 86_400) &* 86_400) &* Wave.turn / 86_400)
    return mean &+ seasonal &* season / Wave.one &+ diurnal &* hour / Wave.one
      &+ spells.value(at: second) &+ gusts.value(at: second)
  }

  /// The mean Gregorian year: 365.2425 days.
  private static let yearSeconds = 31_556_952
  private static let warmestSecondOfYear = 200 * 86_400

  /// e to the power of −height / 8 km, by the first terms of its series.
  private static func pressureRatio(elevationTenths: Int) -> Int {
    let one = 65_536
    let power = elevationTenths * one / 80_000
    return one * one
      / (one + power + power * power / one / 2 + power * power / one * power / one / 6)
  }
}

/// The weather of a moment.
struct Weather {
  let temperatureTenths: Int
  let dewPointTenths: Int
  /// Tenths of a hectopascal.
  let seaLevelTenths: Int
  let pressureRatio: Int
  /// Eighths of the sky.
  let oktas: Int
  let cloudBaseMeters: Int
  /// Where the wind comes from, in tens of degrees from 1 to 36.
  let windTens: Int
  /// Tenths of a metre a second.
  let windTenths: Int
  /// Tenths of a millimetre an hour.
  let rainTenths: Int

  /// Tenths of a hectopascal.
  var stationPressureTenths: Int { seaLevelTenths * pressureRatio / 65_536 }
}

@inline(__always)
func clamped(_ value: Int, _ lowest: Int, _ highest: Int) -> Int {
  min(max(value, lowest), highest)
}
