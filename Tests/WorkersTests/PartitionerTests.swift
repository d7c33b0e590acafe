// Partitions as other programs compute them.

import Testing

@testable import Workers

@Suite struct PartitionerTests {
  /// From Kafka's own test, `UtilsTest.testMurmur2`.
  @Test(arguments: [
    ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
    ("a-little-bit-longer-string", -1_486_304_829),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
  ])
  func murmur2IsThatOfKafka(key: String, hash: Int) {
    #expect(Array(key.utf8).withUnsafeBytes { Int(ExpectedPartitioner.murmur2($0)) } == hash)
  }

  /// The check value of CRC-32/ISO-HDLC.
  @Test func crc32IsThatOfZlib() {
    #expect(
      Array("123456789".utf8).withUnsafeBytes { ExpectedPartitioner.crc32($0) } == 0xCBF4_3926)
  }

  @Test func partitionsLieWithinTheTopic() {
    for number in 0..<500 {
      for count in [1, 3, 64] as [Int32] {
        for partitioner in [ExpectedPartitioner.murmur2, .crc32] {
          let partition = Array("7\(number)".utf8).withUnsafeBytes {
            partitioner.partition(of: $0, count: count)
          }
          #expect(partition.map { (0..<count).contains($0) } == true)
        }
      }
    }
  }

  @Test func anyKnowsNoPartition() {
    #expect(
      Array("7".utf8).withUnsafeBytes { ExpectedPartitioner.any.partition(of: $0, count: 3) } == nil
    )
  }
}
