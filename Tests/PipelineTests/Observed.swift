// One hour at one station, as each of the formats has it.

enum Observed {
  static let csv =
    "\"STATION\",\"DATE\",\"REPORT_TYPE\",\"TMP\"\n"
    + "\"72530094846\",\"2014-01-01T00:51:00\",\"FM-15\",\"-0111,5\"\n"
  static let isd =
    "0000725300948462014010100517+41995-087934FM-15+0205KORD V0302505N00155005795MN0024145N5"
    + "-01115-01445102735\n"
  static let isdLite = "2014 01 01 01  -111  -144 10273   250    15     8     0 -9999\n"
}
