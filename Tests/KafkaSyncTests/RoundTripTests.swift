// Records that are pulled from one cluster and pushed to another are the same there, to the byte.

import Foundation
import LogStore
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct RoundTripTests {
  /// Keys and values that are missing or empty, headers, times of long ago.
  private static func messages(seed: UInt64, count: Int) -> [TestMessage] {
    var random = SeededGenerator(seed: seed)
    func bytes() -> [UInt8]? {
      if random.oneIn(6) { return nil }
      return (0..<Int.random(in: 0...40, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
    }
    return (0..<count).map { index in
      var message = TestMessage(nil, nil)
      message.key = bytes()
      message.value = bytes()
      message.timestamp = Int64.random(in: 1...2_000_000_000_000, using: &random)
      for _ in 0..<(random.oneIn(3) ? 3 : 0) {
        message.headers.append(
          TestMessage.Header(name: ["", "name", "\u{E9}"][index % 3], value: bytes()))
      }
      return message
    }
  }

  @Test(arguments: SeededGenerator.seeds(2))
  func pulledAndPushedRecordsAreTheSameToTheByte(seed: UInt64) throws {
    let (near, far) = (try PrivateBroker(), try PrivateBroker())
    let (source, target) = (try TestCluster(near.address), try TestCluster(far.address))
    let topic = try source.makeTopic()
    let sent = Self.messages(seed: seed, count: 2000)
    try source.produce(sent, to: topic)
    let local = try PullStore()
    _ = try local.pull(source, topic)
    var options = PushOptions()
    options.recordsPerCommit = 300
    options.partitions = 1
    options.replication = 1
    options.timestamps = .event
    options.sendsPulled = true
    let push = KafkaPush(
      store: local.store, topic: topic, settings: target.settings, options: options)
    #expect(try push.run().recordCount == 2000, "seed \(seed)")
    let found = try target.read(topic)[0, default: []].map(\.message)
    #expect(found == sent, "seed \(seed)")
    // And back, into another store.
    let other = try PullStore()
    _ = try other.pull(target, topic)
    let again = try PullStore.records(of: topic, in: other.store)[0, default: []].map(\.message)
    #expect(again == sent, "seed \(seed)")
  }
}
