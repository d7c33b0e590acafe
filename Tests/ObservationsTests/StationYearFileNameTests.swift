// File names of NCEI.

import Observations
import Testing

@Suite struct StationYearFileNameTests {
  @Test(arguments: [
    ("725300-94846-2014", "72530094846", 2014), ("725300-94846-2014.gz", "72530094846", 2014),
    ("a/b-c/010060-99999-1931.gz", "01006099999", 1931), ("A07355-00241-2014", "A0735500241", 2014),
  ])
  func namesOfStationYears(name: String, station: String, year: Int) {
    let parsed = StationYearFileName(name)
    #expect(parsed?.station == station)
    #expect(parsed?.year == year)
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
    for name in ["1901.gz", "raw/2014.gz"] { #expect(StationYearFileName.isYear(name)) }
    for name in ["1901", "01.gz", "19011.gz", "190x.gz", "1901.csv", ".gz", ""] {
      #expect(!StationYearFileName.isYear(name))
    }
  }
}
