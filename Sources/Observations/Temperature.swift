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
    guard text.count == 7, text[5] == UInt8(ascii: ","),
      text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-")
    else { return .failure(TemperatureFault(reason: .badTemperature)) }
    var value: Int16 = 0
    for index in 1...4 {
      let digit = text[index] &- 48
      guard digit <= 9 else { return .failure(TemperatureFault(reason: .badTemperature)) }
      value = value &* 10 &+ Int16(digit)
    }
    guard isQualityCode(text[6]) else {
      return .failure(TemperatureFault(reason: .unknownQualityCode))
    }
    if text[0] == UInt8(ascii: "-") { value = -value }
    if value == 9999 { return .success(TemperatureField(tenths: nil, qualityCode: text[6])) }
    guard range.contains(Int(value)) else {
      return .failure(TemperatureFault(reason: .temperatureOutOfRange))
    }
    return .success(TemperatureField(tenths: value, qualityCode: text[6]))
  }

  private static func isQualityCode(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "7"), UInt8(ascii: "9"), UInt8(ascii: "A"),
      UInt8(ascii: "C"), UInt8(ascii: "I"), UInt8(ascii: "M"), UInt8(ascii: "P"),
      UInt8(ascii: "R"), UInt8(ascii: "U"):
      true
    default: false
    }
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
