// What a station is called and where it lies.

import Observations
import SampleData
import Testing

@Suite struct StationTests {
  private let data = SampleData(seed: 5, stationCount: 1000, firstDay: day(2023, 1, 1), dayCount: 0)

  @Test func idsAreUniqueElevenCharactersAndOfEveryForm() {
    let ids = data.stations.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(ids.allSatisfy { $0.utf8.count == 11 })
    #expect(ids.contains { $0.hasPrefix("0") })
    #expect(ids.contains { $0.hasPrefix("A0") })
    #expect(ids.contains { $0.hasSuffix("99999") })
    #expect(data.fileName(0) == ids[0] + ".csv")
  }

  @Test func namesHoldACommaAndTheCountry() {
    #expect(data.stations.allSatisfy { $0.name.contains(", ") })
    #expect(data.stations[0].name.hasSuffix(", IL US"))
  }

  @Test func placesAreOnTheGlobe() throws {
    for station in data.stations {
      let latitude = try #require(Double(station.latitude))
      let longitude = try #require(Double(station.longitude))
      let elevation = try #require(Double(station.elevation))
      #expect(abs(latitude) <= 90)
      #expect(abs(longitude) <= 180)
      #expect((0...3300).contains(elevation))
    }
  }
}
