// File names of NCEI.

import Observations
import Testing

@Suite struct StationYearFileNameTests {
  @Test(arguments: [
    ("725300-94846-2014", "72530094846"), ("725300-94846-2014.gz", "72530094846"),
    ("a/b-c/010060-99999-1931.gz", "01006099999"), ("A07355-00241-2014", "A0735500241"),
  ])
  func namesOfStationYears(name: String, station: String) {
    #expect(StationYearFileName(name)?.station == station)
  }

  @Test(arguments: [
    "", "/", "725300-94846", "725300-94846-2014.csv", "725300-94846-2014.gz.gz", "725300-94846-14",
    "72530-94846-2014", "725300-9484-2014", "a07355-00241-2014", "7253A0-94846-2014",
    "725300--2014", "725300-94846-2014-", "725300-94846-201x", "７25300-94846-2014",
    "725300-94846-2014/x",
  ])
  func otherNames(name: String) {
    #expect(StationYearFileName(name) == nil)
  }

  @Test func namesOfYears() {
    for name in ["1901.gz", "raw/2014.gz"] { #expect(StationYearFileName.isOfManyStations(name)) }
    for name in ["1901", "01.gz", "19011.gz", "190x.gz", "1901.csv", ".gz", ""] {
      #expect(!StationYearFileName.isOfManyStations(name))
    }
  }
}
