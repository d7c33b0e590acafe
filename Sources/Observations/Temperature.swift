// Air temperature as ISD writes it: tenths of a degree Celsius and a quality code.
//
// Source: Federal Climate Complex Data Documentation for Integrated Surface Data, January 2018,
// p. 11: range -0932 to +0618, scaling factor 10, +9999 missing, codes 0-7, 9, A, C, I, M, P, R, U.

/// A TMP field.
@frozen
public struct TemperatureField: Hashable, Sendable {
  /// Tenths of a degree Celsius; nil when missing.
  public let tenths: Int16?
  /// The quality code, an ASCII character.
  public let qualityCode: UInt8

  /// The tenths of a degree that a temperature may have.
  static var range: ClosedRange<Int> { -932...618 }
  /// The same of a dew point. Source: as above, p. 12.
  static var dewPointRange: ClosedRange<Int> { -982...368 }

  /// Codes 2, 3, 6 and 7: suspect or erroneous, from either source.
  public var isSuspectOrErroneous: Bool {
    switch qualityCode {
    case UInt8(ascii: "2"), UInt8(ascii: "3"), UInt8(ascii: "6"), UInt8(ascii: "7"): true
    default: false
    }
  }

  /// Reads `+0123,1`.
  public static func parse(_ text: UnsafeRawBufferPointer) -> Result<
    TemperatureField, TemperatureFault
  > {
    parse(text, range: range)
  }

  /// Reads a DEW field, which is written as TMP is; nil when it cannot be read.
  public static func dewPoint(_ text: UnsafeRawBufferPointer) -> TemperatureField? {
    switch parse(text, range: dewPointRange) {
    case .success(let field): field
    case .failure: nil
    }
  }

  @inline(__always)
  private static func parse(
    _ text: UnsafeRawBufferPointer, range: ClosedRange<Int>
  ) -> Result<TemperatureField, TemperatureFault> {
    guard text.count == 7, let base = text.baseAddress else {
      return .failure(TemperatureFault(reason: .badTemperature))
    }
    let sign = text[0]
    // The four digits, the first in the lowest byte, each as its number.
    let digits = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
    let numbers = digits ^ 0x3030_3030
    // Above 9 the addition of 6 shows in the upper half; a byte of 16 or more shows there at once.
    let isNumber = (numbers | (numbers &+ 0x0606_0606)) & 0xF0F0_F0F0 == 0
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), isNumber,
      text[5] == UInt8(ascii: ",")
    else { return .failure(TemperatureFault(reason: .badTemperature)) }
    guard isQualityCode(text[6]) else {
      return .failure(TemperatureFault(reason: .unknownQualityCode))
    }
    let pairs = (numbers &* 10 &+ (numbers &>> 8)) & 0x00FF_00FF
    let magnitude = Int16(truncatingIfNeeded: (pairs & 0xFF) &* 100 &+ (pairs &>> 16))
    let value = sign == UInt8(ascii: "-") ? 0 &- magnitude : magnitude
    if value == 9999 { return .success(TemperatureField(tenths: nil, qualityCode: text[6])) }
    guard range.contains(Int(value)) else {
      return .failure(TemperatureFault(reason: .temperatureOutOfRange))
    }
    return .success(TemperatureField(tenths: value, qualityCode: text[6]))
  }

  @inline(__always)
  private static func isQualityCode(_ byte: UInt8) -> Bool {
    let place = byte &- UInt8(ascii: "0")
    return place < 64 && (qualityCodes &>> UInt64(place)) & 1 != 0
  }

  /// Bit i: whether the character i after `0` is a code: 0-7, 9; A, C, I, M; P, R, U.
  private static var qualityCodes: UInt64 {
    0x2FF | 1 << 17 | 1 << 19 | 1 << 25 | 1 << 29 | 1 << 32 | 1 << 34 | 1 << 37
  }
}

/// Why a TMP field cannot be read.
@frozen
public struct TemperatureFault: Error, Hashable, Sendable {
  public let reason: RejectionReason
}

/// Which temperatures an aggregation accepts. Part of the job's identity.
public enum QualityRule: String, Hashable, Sendable, CaseIterable {
  /// Refuses missing values and the codes for suspect or erroneous.
  case passed
  /// Refuses missing values only, as the pipeline did that moaa replaces.
  case all

  /// nil when the field may be used.
  public func refusal(of field: TemperatureField) -> RejectionReason? {
    if field.tenths == nil { return .missingTemperature }
    return self == .passed && field.isSuspectOrErroneous ? .suspectOrErroneous : nil
  }
}
