// What a partial keeps of one hour of one station, and a station's hours in order.
//
// What must hold: merging is associative and commutative, so that order and cuts change nothing.

import Observations

/// What is kept of one hour or month.
protocol TimeSlot: Hashable, Sendable {
  /// Which hour or month it is.
  var index: Int { get }
  /// Takes in what another slot of the same time holds.
  mutating func merge(_ other: Self)
}

/// What is kept of one hour.
protocol HourSlot: TimeSlot {
  /// Counted from 1970-01-01T00:00Z.
  var hour: Int32 { get }
}

extension HourSlot {
  var index: Int { Int(hour) }
}

/// All accepted reports of an hour.
struct ReportSlot: HourSlot {
  var hour: Int32
  var minTenths = Int16.max
  var maxTenths = Int16.min
  var count: Int64 = 0
  var sumTenths: Int64 = 0
  var dewCount: Int64 = 0
  var dewSumTenths: Int64 = 0

  init(hour: Int32) { self.hour = hour }

  /// - Parameter dewTenths: `DewPoint.none` where the report has no dew point that counts.
  @inline(__always)
  mutating func add(tenths: Int16, dewTenths: Int16) {
    count &+= 1
    sumTenths &+= Int64(tenths)
    minTenths = min(minTenths, tenths)
    maxTenths = max(maxTenths, tenths)
    let hasDew = dewTenths != DewPoint.none
    dewCount &+= hasDew ? 1 : 0
    dewSumTenths &+= hasDew ? Int64(dewTenths) : 0
  }

  mutating func merge(_ other: ReportSlot) {
    count &+= other.count
    sumTenths &+= other.sumTenths
    minTenths = min(minTenths, other.minTenths)
    maxTenths = max(maxTenths, other.maxTenths)
    dewCount &+= other.dewCount
    dewSumTenths &+= other.dewSumTenths
  }
}

/// The report that would be taken for an hour if the hour before did not matter.
struct RoutineSlot: HourSlot {
  var hour: Int32
  /// Whether a METAR was made in the hour's last 15 minutes: a SYNOP that follows is its copy.
  var hasLateMetar = false
  var candidate = RoutineCandidate.none

  init(hour: Int32) { self.hour = hour }

  mutating func merge(_ other: RoutineSlot) {
    hasLateMetar = hasLateMetar || other.hasLateMetar
    candidate = min(candidate, other.candidate)
  }
}

/// A report as one number: of two, the lesser is taken.
///
/// From the top: rank (0: METAR, 1: another, 2: a SYNOP that may be a copy), second of the hour (12 bits),
/// temperature less the least one there is (11 bits), dew point likewise (12 bits, all ones: none).
struct RoutineCandidate: Hashable, Comparable, Sendable {
  static let lateSecond: Int64 = 45 * 60
  static let copySecondsMax: Int64 = 10 * 60
  static let tenthsMin: Int16 = -932
  static let noDewPoint: UInt64 = 0xFFF
  /// Greater than that of any report.
  static let none = RoutineCandidate(bits: .max)

  let bits: UInt64

  init(bits: UInt64) { self.bits = bits }

  init(rank: UInt64, secondOfHour: UInt64, temperature: UInt64, dewPoint: UInt64) {
    bits = rank << 35 | secondOfHour << 23 | temperature << 12 | dewPoint
  }

  /// nil for a special, which is never taken.
  @inline(__always)
  init?(_ kind: ReportKind, secondOfHour: Int64, tenths: Int16, dewTenths: Int16) {
    let rank: UInt64
    switch kind {
    case .special: return nil
    case .routine: rank = 0
    case .synoptic: rank = secondOfHour < Self.copySecondsMax ? 2 : 1
    case .summary, .other: rank = 1
    }
    let dewPoint =
      dewTenths == DewPoint.none ? Self.noDewPoint : UInt64(dewTenths &- DewPoint.tenthsMin)
    self.init(
      rank: rank, secondOfHour: UInt64(secondOfHour), temperature: UInt64(tenths &- Self.tenthsMin),
      dewPoint: dewPoint)
  }

  var rank: UInt64 { bits >> 35 }
  var secondOfHour: UInt64 { bits >> 23 & 0xFFF }
  var temperature: UInt64 { bits >> 12 & 0x7FF }
  var dewPoint: UInt64 { bits & 0xFFF }
  /// Whether it gives way to a METAR at the end of the hour before.
  var mayBeCopy: Bool { rank == 2 }
  var tenths: Int16 { Int16(truncatingIfNeeded: temperature) &+ Self.tenthsMin }
  /// `DewPoint.none` where it has none.
  var dewTenths: Int16 {
    dewPoint == Self.noDewPoint
      ? DewPoint.none : Int16(truncatingIfNeeded: dewPoint) &+ DewPoint.tenthsMin
  }

  static func < (left: RoutineCandidate, right: RoutineCandidate) -> Bool { left.bits < right.bits }
}

/// Dew points that count, in tenths of a degree Celsius.
enum DewPoint {
  static let none = Int16.min
  static let tenthsMin: Int16 = -982
  static let tenthsMax: Int16 = 368

  /// `none` when there is none, it cannot be read, or the rule refuses it.
  @inline(__always)
  static func tenths(_ text: UnsafeRawBufferPointer?, _ quality: QualityRule) -> Int16 {
    guard let text, let field = TemperatureField.dewPoint(text), let tenths = field.tenths,
      quality == .all || !field.isSuspectOrErroneous
    else { return none }
    return tenths
  }
}
