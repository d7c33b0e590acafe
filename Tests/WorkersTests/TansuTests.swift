// Workers on another implementation of brokers, Tansu, with the groups that it has itself.

import TestSupport
import Testing

@testable import KafkaSync
@testable import Workers

@Suite(
  .serialized, .enabled(if: PrivateBroker.Kind.tansu.isAtHand, "needs Tansu: see tools/test"))
struct TansuTests {
  /// Members come and go in order: nothing is aborted, which that broker ignores.
  @Test func membersGiveTheHoursOfOneProcess() throws {
    let group = try BrokerGroup(
      RawSample(seed: 51, count: 1500, stationCount: 10), partitionCount: 3, .tansu)
    try group.load(800)
    try group.runMember("a.store")
    try group.load()
    let summary = try group.runMember("b.store")
    #expect(summary.recordCount == 700)
    #expect(summary.restoredRowCount > 0)
    try group.expectHoursOfOneProcess("two members, one after the other")
  }
}
