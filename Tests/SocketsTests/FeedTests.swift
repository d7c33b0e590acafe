// A feed stores each observation once, in the order of an ingest, whatever happens to the listener.

import Foundation
import LogStore
import Observations
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import Sockets

@Suite struct FeedTests {
  /// Two stations, whose rows are interleaved, and one that is no row.
  private func files(_ stage: Stage, count: Int = 200) throws -> String {
    let folder = stage.folder + "/noaa"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for station in 1...2 {
      var text = #""STATION","DATE","TMP""# + "\n"
      for index in 0..<count {
        let minutes = index * 7 + station
        let time = String(
          format: "2022-06-%02dT%02d:%02d:00", 1 + minutes / 1440, minutes / 60 % 24, minutes % 60)
        text += "\"\(station)\",\"\(time)\",\"+0\(100 + index % 100),1\"\n"
      }
      if station == 1 { text += "\"1\",\"nonsense\",\"+0100,1\"\n" }
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(station).csv"))
    }
    return folder
  }

  private func feed(
    _ paths: [String], to socket: String, _ change: (inout FeedOptions) -> Void = { _ in }
  ) throws -> FeedSummary {
    var options = FeedOptions()
    options.patienceSeconds = 20
    change(&options)
    let files = try #require(try ObservationFiles(paths, shouldStop: options.shouldStop))
    return try Feed(files, to: SocketPath(socket), options).run()
  }

  private func ingested(_ paths: [String]) throws -> [String] {
    let stage = try Stage()
    _ = try Ingest(store: stage.store).run(paths)
    return try stage.values(TopicName.raw)
  }

  @Test func aFeedStoresWhatAnIngestStores() throws {
    let stage = try Stage()
    let folder = try files(stage)
    let listener = try RunningListener(stage.store, stage.options())
    let summary = try feed([folder], to: stage.socket)
    #expect(summary.progress.sentCount == 400 && summary.progress.storedCount == 400)
    #expect(summary.faults.refusedCounts == [.badDate: 1])
    let again = try feed([folder], to: stage.socket)
    #expect(again.progress.sentCount == 0 && again.progress.earlierCount == 400)
    try listener.stop()
    #expect(try stage.values(TopicName.raw) == ingested([folder]))
  }

  @Test func boundsOfEventTimeChooseWhatIsSent() throws {
    let stage = try Stage()
    let folder = try files(stage)
    let listener = try RunningListener(stage.store, stage.options())
    let day = 1_654_041_600..<Int64(1_654_041_600 + 3600)
    let summary = try feed([folder], to: stage.socket) { $0.eventTimes = day }
    try listener.stop()
    let expected = try ingested([folder]).filter { $0.contains("2022-06-01T00:") }
    #expect(summary.progress.sentCount == Int64(expected.count) && !expected.isEmpty)
    #expect(try stage.values(TopicName.raw) == expected)
  }

  @Test(arguments: SeededGenerator.seeds(6))
  func listenersThatComeAndGoLoseAndDoubleNothing(seed: UInt64) throws {
    let stage = try Stage()
    let folder = try files(stage, count: 3000)
    let isFed = Atomic(false)
    let options = try stage.options()
    let store = stage.store
    let done = DispatchSemaphore(value: 0)
    let stops = Atomic(0)
    DispatchQueue(label: "listeners").async {
      var random = SeededGenerator(seed: seed)
      while !isFed.load(ordering: .relaxed) {
        if let listener = try? RunningListener(store, options) {
          usleep(UInt32.random(in: 1000...40_000, using: &random))
          _ = try? listener.stop()
          stops.add(1, ordering: .relaxed)
        }
      }
      done.signal()
    }
    let summary = try feed([folder], to: stage.socket)
    isFed.store(true, ordering: .relaxed)
    done.wait()
    #expect(summary.progress.storedCount == 6000)
    #expect(stops.load(ordering: .relaxed) > 0)
    #expect(try stage.values(TopicName.raw) == ingested([folder]))
  }

  @Test func otherFilesUnderTheSameNameAreRefused() throws {
    let stage = try Stage()
    let folder = try files(stage)
    let listener = try RunningListener(stage.store, stage.options())
    let label = try #require(SourceLabel("mine"))
    _ = try feed([folder + "/1.csv"], to: stage.socket) { $0.source = label }
    let failure = try #require(throws: SocketFailure.self) {
      try feed([folder + "/2.csv"], to: stage.socket) { $0.source = label }
    }
    #expect(failure.code == .refused)
    // A file that has grown goes on.
    try Data(contentsOf: URL(fileURLWithPath: folder + "/1.csv")).withUnsafeBytes { bytes in
      var text = String(decoding: bytes, as: UTF8.self)
      text += #""1","2022-07-01T00:00:00","+0100,1""# + "\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/1.csv"))
    }
    let grown = try feed([folder + "/1.csv"], to: stage.socket) { $0.source = label }
    #expect(grown.progress.sentCount == 1)
    try listener.stop()
    #expect(try stage.values(TopicName.raw).count == 201)
  }

  @Test func aGrownFeedWithoutANameIsRefusedBeforeItCountsTwice() throws {
    let stage = try Stage()
    let folder = try files(stage, count: 3)
    let listener = try RunningListener(stage.store, stage.options())
    _ = try feed([folder + "/2.csv"], to: stage.socket)
    _ = try feed([folder + "/2.csv"], to: stage.socket)
    for _ in 0..<2 {
      let failure = try #require(throws: SocketFailure.self) {
        try feed([folder], to: stage.socket)
      }
      #expect(failure.code == .refused && failure.description.contains("count twice"))
    }
    _ = try feed([folder + "/1.csv"], to: stage.socket) { $0.source = SourceLabel("another") }
    try listener.stop()
    #expect(try stage.values(TopicName.raw).count == 6)
  }

  @Test func aFeedIsNotNamedByWhatCannotAllBeRead() throws {
    let stage = try Stage()
    let folder = try files(stage, count: 3)
    let failure = try #require(throws: SocketFailure.self) {
      try feed([folder, stage.folder + "/nosuch.csv"], to: stage.socket)
    }
    #expect(failure.code == .refused && failure.description.contains("nosuch.csv"))
  }

  @Test func anObservationThatNoListenerTakesIsNotSent() throws {
    let stage = try Stage()
    let folder = try files(stage, count: 3)
    let long = String(repeating: "x", count: ListenOptions.lineByteCountMax)
    let text =
      #""STATION","DATE","NAME","TMP""#
      + "\n\"3\",\"2022-06-01T00:00:00\",\"\(long)\",\"+0100,1\"\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/3.csv"))
    let listener = try RunningListener(stage.store, stage.options())
    for earlierCount in [Int64(0), 6] {
      let summary = try feed([folder], to: stage.socket)
      #expect(summary.progress.earlierCount == earlierCount)
      #expect(summary.faults.refusedCounts[.lineTooLong] == 1)
    }
    try listener.stop()
    #expect(try stage.values(TopicName.raw).count == 6)
    #expect(try stage.values(TopicName.quarantine).isEmpty)
  }

  @Test func aListenerThatStaysAwayIsGivenUp() throws {
    let stage = try Stage()
    let folder = try files(stage, count: 3)
    let failure = try #require(throws: SocketFailure.self) {
      try feed([folder], to: stage.socket) { $0.patienceSeconds = 0.1 }
    }
    #expect(failure.code == .away)
  }

  @Test func aPausedFeedSendsNothing() throws {
    let stage = try Stage()
    let folder = try files(stage, count: 50)
    let listener = try RunningListener(stage.store, stage.options())
    let isPaused = Atomic(true)
    let askedCount = Atomic(0)
    let summary = try feed([folder], to: stage.socket) { options in
      options.shouldPause = {
        // Looked at some times while it pauses, then it goes on.
        if askedCount.add(1, ordering: .relaxed).newValue == 5 {
          isPaused.store(false, ordering: .relaxed)
        }
        return isPaused.load(ordering: .relaxed)
      }
    }
    try listener.stop()
    #expect(summary.progress.storedCount == 100)
    #expect(askedCount.load(ordering: .relaxed) >= 5)
  }
}
