// All that a partial keeps of one station.

/// One station's hours and months: what is merged over files before a result is made of it.
public struct StationHours: Hashable, Sendable {
  /// The station id, 1 to 64 bytes of UTF-8.
  public let station: [UInt8]
  public let rule: BackfillRule

  /// Ascending, each month once; those with an accepted report.
  var months: [MonthFacts] = []
  /// Ascending, each hour once. Of the two, the one that is not of the rule's kind is empty.
  var reportSlots: [ReportSlot] = []
  var routineSlots: [RoutineSlot] = []

  init(station: [UInt8], rule: BackfillRule) {
    self.station = station
    self.rule = rule
  }

  /// How many hours have something that may count.
  public var hourCount: Int { reportSlots.count + routineSlots.count }

  /// Takes in another part of the same station, made under the same rule. Any order of merging gives the same.
  public mutating func merge(_ other: StationHours) {
    precondition(station == other.station && rule == other.rule, "parts of one station and rule")
    months.mergeSlots(other.months)
    reportSlots.mergeSlots(other.reportSlots)
    routineSlots.mergeSlots(other.routineSlots)
  }

  /// Merges the parts of a station that are in several contents, in any order. Takes time in proportion to their
  /// hours alone where they do not overlap, however many there are.
  /// - Parameter parts: at least one.
  /// - Returns: the station's hours, and how many of them are in more than one part.
  public static func merged(
    _ parts: [StationHours]
  ) -> (hours: StationHours, sharedHourCount: Int) {
    // The earliest last, which is taken first and so is freed when it has been merged.
    var rest = parts.sorted { $0.firstIndex > $1.firstIndex }
    guard var merged = rest.popLast() else { preconditionFailure("a station has a part") }
    var sharedHourCount = 0
    while let part = rest.popLast() {
      let count = merged.hourCount + part.hourCount
      merged.merge(part)
      sharedHourCount += count - merged.hourCount
    }
    return (merged, sharedHourCount)
  }

  private var firstIndex: Int {
    reportSlots.first?.index ?? routineSlots.first?.index ?? .min
  }
}
