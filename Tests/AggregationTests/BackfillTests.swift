// Partials and tables against the model, and what cuts, order and damage do to them.

import Aggregation
import Observations
import TestSupport
import Testing

@Suite struct BackfillTests {
  @Test(arguments: SeededGenerator.seeds(3))
  func everyTableIsThatOfTheModel(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rows = Self.rows(&random, count: 80)
    for rule in Self.rules {
      let partial = try folded(rows, rule)
      for weight in Weight.allCases {
        for seasons in SeasonRule.allCases {
          let model = BackfillModel(rows, rule: rule, weight: weight, seasons: seasons)
          #expect(Int(partial.counts.accepted) == model.acceptedCount)
          #expect(
            Dictionary(
              uniqueKeysWithValues: partial.counts.refused.map { ($0.rawValue, Int($1)) })
              == model.refused)
          for set in ResultSet.allCases {
            #expect(
              lines(set, of: partial, weight: weight, seasons: seasons) == model.lines(set),
              "seed \(seed), \(rule), \(weight), \(seasons), \(set)")
          }
        }
      }
    }
  }

  @Test(arguments: SeededGenerator.seeds(6))
  func orderAndCutsChangeNoByte(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rows = Self.rows(&random, count: 400)
    for rule in Self.rules {
      let whole = try folded(rows, rule)
      let bytes = whole.encoded()
      #expect(try folded(rows.shuffled(using: &random), rule).encoded() == bytes)
      var parts: [Partial] = []
      var rest = rows[...]
      while !rest.isEmpty {
        let part = rest.prefix(Int.random(in: 1...200, using: &random))
        rest = rest[part.endIndex...]
        parts.append(try folded(Array(part), rule))
      }
      parts.shuffle(using: &random)
      var merged = Partial(rule: rule)
      for part in parts { merged.merge(part) }
      #expect(merged == whole, "seed \(seed)")
      #expect(merged.encoded() == bytes)
      try Self.checkJoinedBuilders(rows, rule, whole, &random)
      #expect(bytes.withUnsafeBytes { Partial($0) } == whole)
    }
  }

  /// Parts that are folded by one builder or another, and joined in between.
  private static func checkJoinedBuilders(
    _ rows: [BackfillRow], _ rule: BackfillRule, _ whole: Partial, _ random: inout SeededGenerator
  ) throws {
    var joined = PartialBuilder(rule: rule, receivedSeconds: 4_000_000_000)
    var other = PartialBuilder(rule: rule, receivedSeconds: 4_000_000_000)
    var rest = rows[...]
    while !rest.isEmpty {
      let part = rest.prefix(Int.random(in: 1...60, using: &random))
      rest = rest[part.endIndex...]
      let bytes = Array((BackfillRow.header + part.map(\.csv).joined()).utf8)
      if random.oneIn(2) { try fold(bytes, into: &joined) } else { try fold(bytes, into: &other) }
      if random.oneIn(2) { joined.take(from: &other) }
    }
    joined.take(from: &other)
    #expect(joined.take() == whole)
    #expect(other.take() == Partial(rule: rule))
  }

  @Test(arguments: SeededGenerator.seeds(3))
  func tablesOfWorkersMergeIntoThoseOfOne(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let partial = try folded(Self.rows(&random, count: 300), BackfillRule())
    let sets = ResultSet.allCases.filter { $0 != .stationHour }
    var workers = (0..<3).map { _ in RollUps(sets: Set(sets), rule: partial.rule) }
    for station in partial.stations {
      workers[Int.random(in: 0..<3, using: &random)].add(station)
    }
    workers.shuffle(using: &random)
    workers[0].merge(workers[1])
    workers[0].merge(workers[2])
    for set in sets {
      var text: [UInt8] = []
      workers[0].rows(of: set) { ResultText.appendCSV($0, to: &text) }
      #expect(
        String(decoding: text, as: UTF8.self) == lines(set, of: partial).map { $0 + "\n" }.joined(),
        "seed \(seed), \(set)")
    }
  }

  @Test func aBuilderBeginsAnewAfterTake() throws {
    var random = SeededGenerator(seed: 1)
    let rows = Self.rows(&random, count: 100)
    let bytes = Array((BackfillRow.header + rows.map(\.csv).joined()).utf8)
    var builder = PartialBuilder(rule: BackfillRule(), receivedSeconds: 4_000_000_000)
    try fold(bytes, into: &builder)
    let first = builder.take()
    try fold(bytes, into: &builder)
    #expect(builder.take() == first)
    #expect(builder.take() == Partial(rule: BackfillRule()))
    for _ in 0..<3 {
      try fold(bytes, into: &builder)
      #expect(builder.takeEncoded() == first.encoded())
    }
    try fold(Array((BackfillRow.header + BackfillRow().csv).utf8), into: &builder)
    #expect(builder.takeEncoded() == (try folded([BackfillRow()], BackfillRule())).encoded())
  }

  /// As after a file that turns out to be faulty, when the next one begins within the hour.
  @Test func nothingIsLeftAfterClear() throws {
    for rule in Self.rules {
      var builder = PartialBuilder(rule: rule, receivedSeconds: 4_000_000_000)
      try fold(
        Array((BackfillRow.header + BackfillRow(temperature: "+0300,1").csv).utf8), into: &builder)
      builder.clear()
      try fold(Array((BackfillRow.header + BackfillRow().csv).utf8), into: &builder)
      #expect(builder.take() == (try folded([BackfillRow()], rule)))
    }
  }

  @Test(arguments: SeededGenerator.seeds(4))
  func damagedBytesAreRefusedOrReadButNeverCrash(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for rule in Self.rules {
      let bytes = try folded(Self.rows(&random, count: 60), rule).encoded()
      for length in 0..<bytes.count {
        #expect(bytes[..<length].withUnsafeBytes { Partial($0) } == nil)
      }
      for _ in 0..<200 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
          case 1: damaged[place] = UInt8.random(in: 0...255, using: &random)
          default: damaged[place] = 0xFF
          }
        }
        guard let read = damaged.withUnsafeBytes({ Partial($0) }) else { continue }
        _ = read.encoded()
        let set = ResultSet.allCases.randomElement(using: &random)!
        _ = lines(set, of: read, weight: Weight.allCases.randomElement(using: &random)!)
      }
    }
  }

  @Test func aFingerprintNamesItsRule() {
    for rule in Self.rules { #expect(BackfillRule(fingerprint: rule.fingerprint) == rule) }
    #expect(Set(Self.rules.map(\.fingerprint)).count == 4)
    #expect(BackfillRule(fingerprint: Self.rules[0].fingerprint + " ") == nil)
  }

  @Test func aStationOfEveryRowIsKeptApart() throws {
    let rows = (0..<1000).map {
      BackfillRow(station: "\($0 * 7919 % 1000)", seconds: 1_600_000_000 - $0 * 40_000)
    }
    #expect(lines(.stationHour, of: try folded(rows, BackfillRule())).count == 1000)
  }

  // MARK: Random rows

  static let rules = QualityRule.allCases.flatMap { quality in
    ReportsRule.allCases.map { BackfillRule(quality: quality, reports: $0) }
  }

  static func rows(_ random: inout SeededGenerator, count: Int) -> [BackfillRow] {
    var rows: [BackfillRow] = []
    var seconds = Int.random(in: -2_100_000_000...1_600_000_000, using: &random)
    for _ in 0..<count {
      if random.oneIn(12) { seconds += Int.random(in: -20...40, using: &random) * 86_400 }
      seconds += Int.random(in: -2000...4000, using: &random)
      var row = BackfillRow()
      row.station = ["72530094846", "7", "A station, longer than most", "01001099999"]
        .randomElement(using: &random)!
      row.seconds = random.oneIn(4) ? seconds / 300 * 300 : seconds
      if random.oneIn(50) { row.seconds += 3_000_000_000 }
      row.report = ["FM-12", "FM-15", "FM-15", "FM-16", "SAO  ", "SOD  ", "SOM", " FM-12 ", ""]
        .randomElement(using: &random)!
      row.temperature = temperature(-932...618, &random)
      row.dewPoint =
        random.oneIn(6)
        ? [
          "", "+0050,8", "+9999,9", "-0983,1", "+0369,1", "0050,1", "+050,1", "-0982,1", "+0368,5",
        ]
        .randomElement(using: &random)! : temperature(-100...200, &random)
      row.latitude = ["41.96", "-33.9", "999.999", "0", "+0.000001", "-0.5", "99.999", "", "north"]
        .randomElement(using: &random)!
      row.longitude = ["-87.931034", "180", "999.999", "+151.2", "", "1e2"]
        .randomElement(using: &random)!
      row.elevation = ["205.0", "205.0", "-4.25", "9999", "+9999.0", "0.000001", "", "9999.9", "?"]
        .randomElement(using: &random)!
      row.name = ["OHARE", "OHARE", "", "ÅLESUND, NO", "A \"B\"", "B"]
        .randomElement(using: &random)!
      rows.append(row)
    }
    return rows
  }

  private static func temperature(
    _ range: ClosedRange<Int>, _ random: inout SeededGenerator
  ) -> String {
    if random.oneIn(20) { return "+9999,9" }
    let value = Int.random(in: range, using: &random)
    let digits = String(value.magnitude)
    return (value < 0 ? "-" : "+") + String(repeating: "0", count: 4 - digits.count) + digits + ","
      + String("0123456791579ACIMPRU".randomElement(using: &random)!)
  }
}
