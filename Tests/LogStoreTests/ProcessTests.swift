// Several processes on one store, processes killed at any instant, and a disk that fails.

import Glibc
import Testing

@testable import LogStore

@Suite struct ProcessTests {
  let temporary = TemporaryStore()

  /// Checks that each source's records are there, in order, none doubled, none missing.
  private func expectDenseSources(
    _ store: LogStore, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var next: [String: Int] = [:]
    var offset = Offset.zero
    for (at, record) in try store.records() {
      #expect(at == offset, sourceLocation: sourceLocation)
      offset = offset + 1
      let words = String(decoding: record.value!, as: UTF8.self).split(separator: " ")
      let source = String(words[0])
      #expect(Int(words[1]) == next[source, default: 0], sourceLocation: sourceLocation)
      next[source, default: 0] += 1
    }
    for (source, number) in next {
      let saved = try store.read { try $0.sourcePositions(source) }.first?.position
      #expect(
        saved == Int64(number), "position travels with output", sourceLocation: sourceLocation)
    }
  }

  private func acknowledged(_ output: String) -> Int64 {
    // The last line may have been cut off by the kill.
    let whole = output.lastIndex(of: "\n").map { output[..<$0] } ?? ""
    return whole.split(separator: "\n").last.flatMap { Int64($0) } ?? 0
  }

  @Test func threeProcessesThatMakeAndFillOneStoreLoseAndDoubleNothing() throws {
    let probes = try ["a", "b", "c"].map {
      try ChildProcess(probePath, ["append", temporary.path, $0, "60"])
    }
    // A fourth reads meanwhile, through views that must each be whole.
    var seen: Int64 = 0
    while seen == 0 { seen = (try? temporary.open(.readOnly).records().count).map(Int64.init) ?? 0 }
    let reader = try temporary.open(.readOnly)
    for _ in 0..<20 {
      let count = Int64(try reader.records().count)
      #expect(count >= seen)
      seen = count
    }
    let results = try probes.map { try $0.finish() }
    #expect(results.map(\.status) == [0, 0, 0])
    let store = try temporary.open(.readOnly)
    try expectDenseSources(store)
    #expect(
      try store.read { try $0.topic("t").nextOffset.rawValue }
        == results.map { acknowledged($0.output) }.max())
    #expect(try store.verify(deep: true).faults == [])
  }

  @Test func processesThatMakeTheSameStoreAtTheSameInstantAllSucceed() throws {
    for _ in 0..<25 {
      let temporary = TemporaryStore()
      let probes = try ["a", "b", "c", "d"].map {
        try ChildProcess(probePath, ["append", temporary.path, $0, "1"])
      }
      #expect(try probes.map { try $0.finish().status } == [0, 0, 0, 0])
      let store = try temporary.open(.readOnly)
      try expectDenseSources(store)
      #expect(
        try store.read { view in
          try ["a", "b", "c", "d"].allSatisfy { try view.sourcePositions($0).count == 1 }
        })
    }
  }

  @Test func twoHandlesOfOneProcessInThreadsLoseAndDoubleNothing() throws {
    let handles = try [temporary.open(), temporary.open()]
    final class Work: Sendable {
      let store: LogStore
      let name: String
      init(_ store: LogStore, _ name: String) { (self.store, self.name) = (store, name) }
    }
    var threads: [pthread_t] = []
    for number in 0..<4 {
      let work = Work(handles[number % 2], "thread\(number)")
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { context in
          let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
          for count in 0..<50 {
            try! work.store.write { transaction in
              try transaction.createTopic("t")
              try transaction.append(encode("\(work.name) \(count)"), to: "t")
              try transaction.save(
                SourcePosition(source: work.name, partition: 0, position: Int64(count + 1)),
                expected: count == 0 ? nil : Int64(count))
            }
          }
          return nil
        }, Unmanaged.passRetained(work).toOpaque())
      threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
    try expectDenseSources(handles[0])
    #expect(try handles[1].records().count == 200)
    #expect(try handles[0].verify(deep: true).faults == [])
  }

  @Test func aProcessKilledAtAnyInstantLosesNothingThatItAcknowledged() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for round in 0..<30 {
      let probe = try ChildProcess(probePath, ["append", temporary.path, "a", "1000000"])
      usleep(UInt32.random(in: 0...60_000, using: &generator))
      probe.kill()
      let result = try probe.finish()
      #expect(result.status == -SIGKILL)
      let before = acknowledged(result.output)
      // Killed before there was a store: the next round makes it.
      guard before > 0 || round > 10 else { continue }
      let store = try temporary.open(.readOnly)
      #expect(
        try store.read { try $0.topic("t").nextOffset.rawValue } >= before,
        "seed \(seed), round \(round)")
      try expectDenseSources(store)
      #expect(try store.verify(deep: true).faults == [], "seed \(seed), round \(round)")
    }
    #expect(try temporary.open().records().count > 0)
  }

  @Test func aProcessKilledWhileItMakesTheStoreLeavesNothingInTheWay() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for round in 0..<15 {
      let temporary = TemporaryStore()
      let probe = try ChildProcess(probePath, ["append", temporary.path, "a", "1000000"])
      usleep(UInt32.random(in: 0...25_000, using: &generator))
      probe.kill()
      let before = acknowledged(try probe.finish().output)
      let store = try temporary.open()
      try store.append(encode("a \(before) x"), to: "u")
      #expect(try store.verify(deep: true).faults == [], "seed \(seed), round \(round)")
      if before > 0 { try expectDenseSources(store) }
    }
  }

  @Test func afterAFailedSyncTheHandleWritesNoMoreAndTheStoreOpensWhole() throws {
    let result = try run(probePath, ["fault", temporary.path, "sync"])
    #expect(result.output == "committed\nfailed\nfailed\n")
    let store = try temporary.open()
    // The failed commit may be there or not; the acknowledged one must be.
    #expect([1, 2].contains(try store.records().count))
    #expect(try store.verify(deep: true).faults == [])
    try store.append(encode("b"))
    #expect(try store.verify(deep: true).faults == [])
  }

  @Test func afterAFullDiskTheHandleGoesOnOnceThereIsRoom() throws {
    let result = try run(probePath, ["fault", temporary.path, "space"])
    #expect(result.output == "committed\nfull\ncommitted\n")
    let store = try temporary.open()
    #expect(try store.records().count == 2)
    #expect(try store.verify(deep: true).faults == [])
  }
}
