// What stands in the topics of a group: keys and progress rows read back, and nothing else taken for them.

import Aggregation
import Testing

@testable import Workers

@Suite struct TopicBytesTests {
  @Test(arguments: [
    StateKey.fold, .merge, .dayBlock(station: [], day: -25_202),
    .dayBlock(station: Array("a/b/".utf8), day: 0),
    .dayBlock(station: Array("ü".utf8), day: 19_000),
  ])
  func stateKeysComeBack(key: StateKey) {
    #expect(key.bytes.withUnsafeBytes { StateKey($0) } == key)
  }

  @Test(arguments: ["", "fol", "fold/", "fold/x/7", "fold/+1/7", "fold/01/7", "fold/1", "merge/"])
  func otherBytesAreNoStateKey(text: String) {
    #expect(Array(text.utf8).withUnsafeBytes { StateKey($0) } == nil)
  }

  @Test(arguments: [
    PartKey.hour(source: 0, hour: 0), .hour(source: 12, hour: 459_000),
    .hour(source: 3, hour: -604_000),
    .watermark(source: 7),
  ])
  func partKeysComeBack(key: PartKey) {
    #expect(key.bytes.withUnsafeBytes { PartKey($0) } == key)
  }

  @Test(arguments: [
    "", "1", "1/", "x/watermark", "-1/watermark", "1/2022-06-24T08:30:00Z", "1/2022-06-24T08:00:00",
  ])
  func otherBytesAreNoPartKey(text: String) {
    #expect(Array(text.utf8).withUnsafeBytes { PartKey($0) } == nil)
  }

  @Test func partKeysAreAsWritten() {
    #expect(
      String(decoding: PartKey.hour(source: 3, hour: 459_920).bytes, as: UTF8.self)
        == "3/2022-06-20T08:00:00Z")
  }

  @Test func hoursBeforeNineteenSeventyHaveAPartition() {
    #expect(
      (-9 ... -1).map { PartKey.partition(ofHour: $0, count: 4) } == [3, 0, 1, 2, 3, 0, 1, 2, 3])
  }

  @Test func progressComesBack() throws {
    var aggregation = AggregationProgress()
    aggregation.acceptedCount = 5
    aggregation.clock.latestEventSeconds = -7
    let fold = FoldProgress(
      partitionCount: 4, rule: AggregationRule().fingerprint, incarnation: "x", nextOffset: 9,
      commitCount: 3, aggregation: aggregation)
    #expect(FoldProgress(fold.encoded()) == fold)
    for finalBefore in [nil, -3] as [Int64?] {
      let merge = MergeProgress(
        partitionCount: 4, incarnation: "x", nextOffset: 0, finalBefore: finalBefore)
      #expect(MergeProgress(merge.encoded()) == merge)
      #expect(FoldProgress(merge.encoded()) == nil)
    }
    let mark = CopyMark(cluster: "a b", rowOffset: 3, progress: fold.encoded())
    #expect(CopyMark(mark.encoded()) == mark)
  }

  @Test func bytesThatWereCutOffAreNoProgress() {
    let bytes = MergeProgress(
      partitionCount: 4, incarnation: "x", nextOffset: 17, finalBefore: 8
    ).encoded()
    for count in 0..<bytes.count { #expect(MergeProgress(bytes[..<count]) == nil) }
  }

  @Test func partsOfAnHourComeBack() {
    var parts = HourParts()
    for (source, revision) in [(5, 2), (0, 1), (9, 4)] as [(Int32, Int64)] {
      var accumulator = Accumulator()
      accumulator.add(Int16(source) - 7)
      let isTaken = parts.take(
        WindowResult(
          key: [], hour: 1, accumulator: accumulator, revision: revision, isFinal: false),
        from: source)
      #expect(isTaken)
    }
    #expect(parts.encoded().withUnsafeBytes { HourParts($0) } == parts)
    #expect(parts.merged?.revision == 7)
    #expect(parts.merged?.accumulator.sumTenths == -7)
    #expect(parts.encoded().dropLast().withUnsafeBytes { HourParts($0) } == nil)
  }

  @Test func anOlderPartChangesNothing() {
    var parts = HourParts()
    var accumulator = Accumulator()
    accumulator.add(1)
    let newer = WindowResult(
      key: [], hour: 1, accumulator: accumulator, revision: 3, isFinal: false)
    accumulator.add(2)
    let older = WindowResult(
      key: [], hour: 1, accumulator: accumulator, revision: 2, isFinal: true)
    let taken = [newer, older, newer].map { parts.take($0, from: 0) }
    #expect(taken == [true, false, false])
    #expect(parts.merged?.accumulator == newer.accumulator)
  }

  @Test(arguments: ["", "a b", "ü", String(repeating: "x", count: 201)])
  func aGroupsNameMustMakeTopicNames(name: String) {
    #expect(throws: WorkerFailure.self) { try WorkerTopics(group: name) }
  }

  @Test func inputAndOutputMustDiffer() {
    #expect(throws: WorkerFailure.self) { try WorkerTopics(group: "g", raw: "t", hours: "t") }
  }
}
