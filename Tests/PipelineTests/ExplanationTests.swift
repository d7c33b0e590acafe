// What is behind a figure, while figures change.

import Aggregation
import Dispatch
import LogStore
import Observations
import Pipeline
import Testing

@Suite struct ExplanationTests {
  @Test func figuresRecordsAndEmissionsAreThoseOfOneMoment() throws {
    let work = try Workspace()
    try work.ingest([
      work.write("first.csv", CSV.header + CSV.row("first", CSV.date(minute: 0), "+0100,1"))
    ])
    try work.aggregate()
    let hour = try #require(Timestamp(argument: CSV.date(minute: 0))).hourIndex
    let reader = try LogStore.open(work.store.path, StoreOptions(mode: .readOnly))
    defer { reader.close() }
    let isWritten = DispatchSemaphore(value: 0)
    // Not a task: the pool's threads may all be busy with other tests.
    DispatchQueue.global().async {
      try? Self.write(60, work)
      isWritten.signal()
    }
    var counts = Set<Int64>()
    var isAtEnd = false
    while !isAtEnd {
      isAtEnd = isWritten.wait(timeout: .now()) == .success
      let explanation = try Explanation.make(hour: hour, station: nil, in: reader)
      let result = try #require(explanation.result)
      let count = explanation.records.count { $0.offset < explanation.nextOffset }
      #expect(Int64(count) == result.accumulator.count)
      let last = try #require(explanation.emissions.last)
      #expect(last.value.contains("\"revision\":\(result.revision),"))
      counts.insert(result.accumulator.count)
    }
    #expect(counts.max() == 61)
    #expect(counts.count > 1, "the figures did not change meanwhile")
  }

  /// One row of the hour after the other, each ingested and aggregated.
  private static func write(_ count: Int, _ work: Workspace) throws {
    for index in 0..<count {
      let row = CSV.row("S\(index)", CSV.date(minute: index % 60), "+0200,1")
      try work.ingest([work.write("\(index).csv", CSV.header + row)])
      try work.aggregate()
    }
  }
}
