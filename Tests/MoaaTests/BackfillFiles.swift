// Files for a backfill: plain, gzip, and a year's archive, with rows that cannot be read among them.

import Testing

extension TemporaryFolder {
  /// A third of the stations lie as .csv, a third as .csv.gz, and a third in one .tar.gz; three files have a
  /// row that cannot be read.
  /// - Returns: their folder, and how many rows cannot be read.
  func backfillFiles(
    _ name: String = "noaa", stations: Int, days: Int, seed: Int = 1
  ) throws -> (path: String, unreadableCount: Int) {
    let path = try sample(name, stations: stations, days: days, seed: seed)
    let names = TemporaryFolder.names(in: path)
    let thirds = (0..<3).map { third in names.indices.filter { $0 % 3 == third }.map { names[$0] } }
    try shell(
      """
      for f in \(thirds.map { $0[0] }.joined(separator: " ")); do
        echo '"not","an","observation"' >> $f
      done
      gzip -1 \(thirds[1].joined(separator: " "))
      tar --remove-files -cf - \(thirds[2].joined(separator: " ")) | gzip -1 > 2024.tar.gz
      """, in: path)
    return (path, 3)
  }
}
