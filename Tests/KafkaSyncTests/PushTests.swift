// The push into a real broker, without faults: what is sent, where it goes on, what it refuses.

import Foundation
import LogStore
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct PushTests {
  private let broker: PrivateBroker
  private let cluster: TestCluster
  private var options = PushOptions()

  init() throws {
    broker = try PrivateBroker()
    cluster = try TestCluster(broker.address)
    options.recordsPerCommit = 50
    options.replication = 1
    options.partitions = 3
  }

  /// Runs it, and notes what it tells.
  private func push(_ made: PushStore, _ options: PushOptions) throws -> (PushSummary, [PushEvent])
  {
    var events: [PushEvent] = []
    let push = KafkaPush(
      store: made.store, topic: PushStore.topic, settings: cluster.settings, options: options,
      tell: { events.append($0) })
    let summary = try push.run()
    return (summary, events)
  }

  private func words(of work: () throws -> Void) -> String {
    do {
      try work()
      return "no failure"
    } catch {
      return "\(error)"
    }
  }

  @Test func everythingIsSentOnceAndAgainOnlyWhatIsNew() throws {
    let made = try PushStore(seed: 1)
    try made.append(500)
    let (first, events) = try push(made, options)
    #expect(first.recordCount == 500)
    #expect(first.commitCount > 5)
    #expect(first.controlCount > 0)
    var created: [String] = []
    for case .created(let topic, _, _) in events { created.append(topic) }
    #expect(created == [PositionTopic.name, PushStore.topic])
    #expect(
      try KafkaCluster(cluster.settings).settings(ofTopic: PushStore.topic)["retention.ms"]
        == "604800000")
    try made.expectAll(in: cluster)
    #expect(try push(made, options).0.recordCount == 0)
    try made.append(70)
    #expect(try push(made, options).0.recordCount == 70)
    try made.expectAll(in: cluster)
    let copy = try made.store.read {
      ($0, try $0.checkpoint(group: "kafka.main", topic: PushStore.topic)?.nextOffset).1
    }
    #expect(copy == (try made.store.read { try $0.topic(PushStore.topic).nextOffset }))
  }

  @Test func aPositionIsFoundHoweverFarBackItIs() throws {
    let made = try PushStore(seed: 2)
    try made.append(100)
    let push = cluster.push(made, options)
    try push.run()
    let other = try KafkaProducer(cluster.settings, transactionalID: nil)
    try cluster.produce(
      (0..<300).map { TestMessage("other/\($0)", "{\"next_offset\":0}") }, to: PositionTopic.name,
      with: other)
    try other.flush()
    try made.append(30)
    let again = cluster.push(made, options)
    again.firstStep = 7
    #expect(try again.run().recordCount == 30)
    try made.expectAll(in: cluster)
  }

  @Test func anOpenTransactionOfAnotherStoreHidesNoPosition() throws {
    let made = try PushStore(seed: 3)
    try made.append(10)
    try cluster.push(made, options).run()
    let other = try KafkaProducer(cluster.settings, transactionalID: "other")
    try other.initTransactions()
    try other.beginTransaction()
    try cluster.produce(
      [TestMessage("other", "{\"next_offset\":5}")], to: PositionTopic.name, with: other)
    try other.flush()
    try made.append(20)
    // Behind the other's open transaction lies the position that this push commits.
    let stillOpen = cluster.push(made, options)
    nonisolated(unsafe) let opener = other
    Thread {
      usleep(1_500_000)
      try? opener.commitTransaction()
    }.start()
    #expect(try stillOpen.run().recordCount == 20)
    try made.append(5)
    #expect(try cluster.push(made, options).run().recordCount == 5)
    try made.expectAll(in: cluster)
  }

  @Test func eventTimesAreKeptWhenAsked() throws {
    let made = try PushStore(seed: 4)
    try made.append(40)
    var events = options
    events.timestamps = .event
    events.partitions = 1
    try cluster.push(made, events).run()
    #expect(
      try cluster.read(PushStore.topic)[0]?.map(\.message.timestamp) == made.eventTimes)
  }

  @Test func aDeletedPositionStopsThePush() throws {
    let made = try PushStore(seed: 5)
    try made.append(100)
    try cluster.push(made, options).run()
    let other = try PrivateBroker()
    let elsewhere = try TestCluster(other.address)
    let refused = words { try elsewhere.push(made, options).run() }
    #expect(refused.contains("no position of this store for records in topic moaa_sync"))
    #expect(refused.contains("--from stored"))
    #expect(refused.contains("--name"))
    var from = options
    from.start = .beginning
    try elsewhere.push(made, from).run()
    try made.expectAll(in: elsewhere)
    let superfluous = words { try elsewhere.push(made, from).run() }
    #expect(superfluous.contains("Leave --from out"))
  }

  @Test func aRestoredStoreIsRefused() throws {
    let made = try PushStore(seed: 6)
    try made.append(100)
    try cluster.push(made, options).run()
    made.store.close()
    let restored = try PushStore(seed: 7, copyOf: made)
    let original = try PushStore(seed: 8, copyOf: made)
    try original.append(60)
    try cluster.push(original, options).run()
    let behind = words { try cluster.push(restored, options).run() }
    #expect(behind.contains("older copy of itself"))
    try restored.append(90)
    let otherWay = words { try cluster.push(restored, options).run() }
    #expect(otherWay.contains("another history"))
    #expect(otherWay.contains("--adopt"))
    var adopting = options
    adopting.adopts = true
    #expect(try cluster.push(restored, adopting).run().recordCount == 90)
    try restored.append(5)
    #expect(try cluster.push(restored, options).run().recordCount == 5)
  }

  @Test func recordsThatAreTooLargeAreNamedOrKept() throws {
    _ = try KafkaCluster(cluster.settings).createTopic(
      PushStore.topic, partitions: 1, replication: 1, settings: ["max.message.bytes": "5000"])
    let made = try PushStore(seed: 9)
    try made.append(30)
    let large = Offset(try made.store.read { try $0.topic(PushStore.topic).nextOffset.rawValue })
    let builder = RecordBatchBuilder()
    builder.append(
      eventTime: 1, key: Array("k".utf8), value: [UInt8](repeating: 65, count: 1_500_000))
    let batch = try #require(builder.take())
    try made.store.write { _ = try $0.append(batch, to: PushStore.topic) }
    try made.append(30)
    let refused = words { try cluster.push(made, options).run() }
    #expect(refused.contains("offset \(large) of the local topic records"))
    var keeping = options
    keeping.badRecords = .quarantine
    let (summary, events) = try push(made, keeping)
    #expect(summary.refusedCount == 1)
    #expect(summary.recordCount == 60 || summary.recordCount == 30)
    #expect(
      events.contains {
        if case .differs(_, "max.message.bytes", "5000", _) = $0 { true } else { false }
      })
    try made.expectAll(in: cluster)
    let kept = try made.store.read { try $0.topic("quarantine").recordCount }
    #expect(kept == 1)
  }

  @Test func retentionsGapStopsThePush() throws {
    let decided = PushStarting(
      topic: "records", options: options, retained: Offset(90)..<Offset(100), copy: Offset(50),
      lastBatch: nil)
    let found = PushPosition(nextOffset: Offset(50), lastBatch: "x")
    let refused = words { _ = try decided.decide(found, mayAdopt: true) }
    #expect(refused.contains("retention took offsets 50 to 89"))
    var accepting = options
    accepting.acceptsGap = true
    let accepted = try PushStarting(
      topic: "records", options: accepting, retained: Offset(90)..<Offset(100), copy: Offset(50),
      lastBatch: nil
    ).decide(found, mayAdopt: true)
    #expect(accepted == .init(offset: Offset(90), event: .passesGap(from: Offset(50))))
  }

  @Test func aSecondPushEndsTheFirst() throws {
    let made = try PushStore(seed: 11)
    try made.append(60)
    let first = cluster.push(made, options)
    var hasBegunSecond = false
    let fenced = words {
      try first.run {
        guard !hasBegunSecond else { return false }
        hasBegunSecond = true
        try cluster.push(made, options).run()
        try made.append(10)
        return true
      }
    }
    #expect(fenced.contains("another push"))
    #expect(try cluster.push(made, options).run().recordCount == 10)
    try made.expectAll(in: cluster)
  }

  @Test func withoutTransactionsItSendsAllAtLeastOnce() throws {
    let made = try PushStore(seed: 12)
    try made.append(200)
    var plain = options
    plain.isTransactional = false
    #expect(try cluster.push(made, plain).run().recordCount == 200)
    try made.append(20)
    #expect(try cluster.push(made, plain).run().recordCount == 20)
    try made.expectAll(in: cluster)
  }

  @Test func pulledRecordsAreNotSentBack() throws {
    let made = try PushStore(seed: 13)
    try made.append(5)
    try made.store.write {
      try $0.save(
        SourcePosition(source: "kafka/\(PushStore.topic)", partition: 0, position: 5),
        expected: nil)
    }
    #expect(words { try cluster.push(made, options).run() }.contains("--to NAME"))
  }

  /// Retention goes by the copies of positions: each place has its own.
  @Test func eachTargetHasACopyOfItsOwnUnderOneName() throws {
    let made = try PushStore(seed: 5)
    try made.append(20)
    let folder = NSTemporaryDirectory() + "moaa-names-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for target in ["first", "second"] {
      let run = try MoaaRun(
        [
          "sync", "kafka", "push", "--topic", PushStore.topic, "--to", target, "--name", "site",
          "--replication", "1", "--brokers", cluster.settings.brokers, "--store", made.store.path,
        ], in: folder)
      #expect(run.finish() == 0, "\(run.errors)")
    }
    let groups = try made.store.read { try $0.checkpoints().map(\.group) }
    #expect(groups.sorted() == ["kafka.site.first", "kafka.site.second"])
  }
}
