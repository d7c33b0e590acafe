// That the sample has the shape of weather, and is as untidy as it says.

import Observations
import SampleData
import Testing

@Suite struct WeatherTests {
  /// The mean of the good values, in tenths of a degree.
  private func mean(_ rows: [SampleRow], where isWanted: (SampleRow) -> Bool = { _ in true }) -> Int
  {
    let values = rows.filter { $0.isGood && isWanted($0) }.compactMap(\.tenths)
    return values.reduce(0, +) / max(1, values.count)
  }

  private func rows(_ station: Int, from first: Timestamp, days: Int) throws -> [SampleRow] {
    try SampleData(seed: 5, stationCount: 16, firstDay: first, dayCount: days).rows(station)
  }

  @Test func summersAreWarmAndTheHemispheresTakeTurns() throws {
    for station in 0..<16 {
      let latitude = Double(
        SampleData(seed: 5, stationCount: 16, firstDay: day(2023, 1, 1), dayCount: 0)
          .stations[station].latitude)!
      guard abs(latitude) > 15 else { continue }
      let january = mean(try rows(station, from: day(2023, 1, 10), days: 10))
      let july = mean(try rows(station, from: day(2023, 7, 10), days: 10))
      #expect((july > january) == (latitude > 0), "station \(station) at \(latitude)")
    }
  }

  @Test func theAfternoonOfTheSunIsWarmerThanTheNight() throws {
    // Chicago's afternoon is 21 UTC, Saudi Arabia's is 12.
    for (station, afternoon) in [(0, 21), (3, 12)] {
      let all = try rows(station, from: day(2023, 5, 1), days: 20)
      func at(_ hour: Int) -> Int { mean(all) { Int($0.time.hourIndex % 24) == hour % 24 } }
      #expect(at(afternoon) > at(afternoon + 12) + 30)
    }
  }

  @Test func theIceIsColderThanTheTropics() throws {
    let tropics = mean(try rows(2, from: day(2023, 1, 1), days: 5))
    let ice = mean(try rows(4, from: day(2023, 1, 1), days: 5))
    #expect(tropics > 150)
    #expect(ice < -50)
  }

  @Test func neighbouringHoursAreAlike() throws {
    let metars = try rows(1, from: day(2023, 1, 1), days: 30)
      .filter { $0.isGood && $0.reportType == "FM-15" }
    for (one, next) in zip(metars, metars.dropFirst())
    where next.time.hourIndex - one.time.hourIndex == 1 {
      #expect(abs(one.tenths! - next.tenths!) <= 40)
    }
  }

  @Test func aYearHasTheRowsAndTheQuirksItSays() throws {
    let all = try rows(0, from: day(2023, 1, 1), days: 365)
    #expect((12_300...12_700).contains(all.count))
    func count(_ isWanted: (SampleRow) -> Bool) -> Int { all.count { isWanted($0) } }
    #expect(count { $0.reportType == "FM-15" } == 8760)
    #expect(count { $0.reportType == "FM-12" } == 2920)
    #expect((350...560).contains(count { $0.reportType == "FM-16" }))
    let summaries = all.filter { $0.reportType == "SOD  " }
    #expect(summaries.count == 365)
    #expect(
      summaries.allSatisfy { $0.tenths == nil && $0.time.secondsSinceEpoch % 86_400 == 21_540 })
    // 8, 6 and 2 in 1,024 of 12,135 reports, within four standard deviations.
    #expect((56...134).contains(count { $0.tenths == nil } - 365))
    #expect((37...105).contains(count { "2367".contains($0.qualityCode) }))
    #expect((4...44).contains(count { $0.qualityCode == "A" }))
    #expect(count { $0.qualityCode == "5" } > 8000)
    #expect(count { $0.qualityCode == "1" } > 2500)
    #expect(all.compactMap(\.tenths).allSatisfy { (-932...618).contains($0) })
  }

  @Test func rowsAreInOrderButForAFewSwappedWithTheirNeighbour() throws {
    let times = try rows(0, from: day(2023, 1, 1), days: 200).map(\.time)
    var swapped = 0
    for index in times.indices.dropLast() where times[index] > times[index + 1] {
      swapped += 1
      #expect(times[index].dayIndex == times[index + 1].dayIndex)
      #expect(index == 0 || times[index - 1] <= times[index + 1])
    }
    #expect((1...40).contains(swapped))
  }
}
