// A made-up world of weather stations, as files of NCEI's global-hourly CSV: for trying things out
// without a download, and for load.
//
// What must hold: every byte follows from the seed, the station's index and the day alone. So a
// station does not change with the number of stations, and a day not with the first day or the
// number of days. The only arithmetic is with integers, so the bytes are the same on every machine.

import Observations

/// A set of stations over a span of days.
///
/// Each station makes about 12,500 rows a year: a METAR an hour, a SYNOP every third, some specials,
/// and a daily summary without a temperature. A few are missing, doubtful or out of order, at the
/// rates in Quirks.swift.
public struct SampleData: Sendable {
  /// How many stations there can be.
  public static let stationCountMax = SampleStation.countMax

  /// In the order of their indexes.
  public let stations: [SampleStation]
  private let firstDay: Int
  private let dayCount: Int

  /// - Parameters:
  ///   - stationCount: at most `stationCountMax`.
  ///   - firstDay: any moment of the first day.
  ///   - dayCount: from 0 on. All days lie in the years 1 to 9999.
  public init(seed: UInt64, stationCount: Int, firstDay: Timestamp, dayCount: Int) {
    precondition((0...Self.stationCountMax).contains(stationCount), "too many stations")
    precondition(dayCount >= 0, "a number of days is not negative")
    let lastDay = firstDay.dayIndex + Int64(max(dayCount - 1, 0))
    precondition(
      Timestamp.calendar(dayNumber: firstDay.dayIndex).year >= 1
        && Timestamp.calendar(dayNumber: lastDay).year <= 9999, "a year has four digits")
    stations = (0..<stationCount).map { SampleStation(seed: seed, index: $0) }
    self.firstDay = Int(firstDay.dayIndex)
    self.dayCount = dayCount
  }

  /// The name of the station's file: its id and `.csv`, as NCEI has it.
  public func fileName(_ station: Int) -> String { stations[station].id + ".csv" }

  /// Hands over the station's file in chunks of about 256 KiB, header first.
  ///
  /// A chunk is valid during the call only. Chunks end where a row does.
  public func write(_ station: Int, _ sink: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    let room = Self.chunkBytes + DaySchedule.reportsMax * RowWriter.rowBytesMax
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
    defer { buffer.deallocate() }
    var out = ByteWriter(at: buffer)
    out.text(RowWriter.header)
    var row = RowWriter(stations[station])
    var schedule = DaySchedule()
    for day in firstDay..<firstDay + dayCount {
      var chance = SplitMix64(seed: SplitMix64.number(seed: stations[station].seed, at: day))
      row.begin(day: day)
      schedule.plan(metarMinute: stations[station].isUnitedStates ? 51 : 0, &chance)
      for report in schedule.reports {
        let start = out.position
        row.write(report, &chance, to: &out)
        precondition(out.position - start <= RowWriter.rowBytesMax, "a row has outgrown its limit")
      }
      if out.position - buffer >= Self.chunkBytes {
        try sink(UnsafeRawBufferPointer(start: buffer, count: out.position - buffer))
        out = ByteWriter(at: buffer)
      }
    }
    if out.position > buffer {
      try sink(UnsafeRawBufferPointer(start: buffer, count: out.position - buffer))
    }
  }

  /// Large enough that a write call is nothing beside the bytes, small enough to stay in a cache.
  private static let chunkBytes = 256 << 10
}
