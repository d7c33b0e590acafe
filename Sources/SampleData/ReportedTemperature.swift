// What a report says of the temperature: not always what it was.

/// The values of TMP and DEW with their quality codes.
struct ReportedTemperature {
  /// Tenths of a degree.
  let air: Int
  let dewPoint: Int
  let isMissing: Bool
  private let quality: UInt8
  private let dewPointQuality: UInt8

  /// - Parameters:
  ///   - draw: of its lowest ten bits comes what goes wrong, of the next one how.
  ///   - passed: the code of a value that passed all checks: 1, or 5 from an NCEI source.
  init(_ weather: Weather, draw: UInt64, passed: UInt8, inWholeDegrees: Bool) {
    var air = weather.temperatureTenths
    var dewPoint = weather.dewPointTenths
    if inWholeDegrees {
      air = floorDivide(air &+ 5, 10) &* 10
      dewPoint = floorDivide(dewPoint &+ 5, 10) &* 10
    }
    var quality = passed
    let chance = Int(draw & 1023)
    let (missing, suspect) = (Quirks.missing, Quirks.missing + Quirks.suspect)
    let (erroneous, accepted) = (
      suspect + Quirks.erroneous, suspect + Quirks.erroneous + Quirks.accepted
    )
    switch chance {
    case missing..<suspect: quality = passed + 1
    case suspect..<erroneous:
      quality = passed + 2
      let offset = Quirks.erroneousOffsetTenths
      air = draw >> 10 & 1 == 0 ? air - offset : air + offset
    case erroneous..<accepted: quality = UInt8(ascii: "A")
    default: break
    }
    // The range of the format: rounding or an error can pass it.
    self.air = clamped(air, -932, 618)
    self.dewPoint = clamped(dewPoint, -982, 368)
    self.quality = quality
    dewPointQuality = passed
    isMissing = chance < missing
  }

  /// TMP and DEW, up to the quote that opens SLP.
  @inline(__always)
  func write(to out: inout ByteWriter) {
    if isMissing {
      out.text("+9999,9\",\"+9999,9\",\"")
      return
    }
    out.signed(air, 4)
    out.text(",")
    out.byte(quality)
    out.text("\",\"")
    out.signed(dewPoint, 4)
    out.text(",")
    out.byte(dewPointQuality)
    out.text("\",\"")
  }
}
