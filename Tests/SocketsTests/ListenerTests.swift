// What a listener takes, answers and keeps.

import Foundation
import Glibc
import LogStore
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import Sockets

@Suite struct ListenerTests {
  @Test func aLineIsAcknowledgedWhenItIsStored() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    let client = try Client(stage.socket)
    let lines = (0..<3).map { Observed.line("0\($0)", "2022-06-24T08:00:0\($0)") }
    client.say(lines[0] + "\n")
    #expect(client.line() == "ok 1")
    #expect(try stage.values(TopicName.raw) == [lines[0]])
    client.say(lines[1] + "\r\n\n" + lines[2])
    client.end()
    #expect(client.lines().last == "ok 4")
    #expect(try stage.values(TopicName.raw) == lines)
    let counts = try listener.stop()
    #expect(counts.recordCount == 3 && counts.refusedCount == 0)
    let records = try stage.records(TopicName.raw)
    #expect(records.first?.key == Array("00".utf8))
    #expect(records.first?.eventTime == 1_656_057_600_000)
    #expect(records.last?.kind == .control)
    #expect(!FileManager.default.fileExists(atPath: stage.socket))
  }

  @Test func aBadLineIsAnsweredWithItsReasonAndKept() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    let client = try Client(stage.socket)
    let long = String(repeating: "x", count: ListenOptions.lineByteCountMax + 1)
    client.say("{}\n\(long)\n\(Observed.line("1", "2022-06-24T08:00:00"))\n\u{0}\n")
    client.end()
    let answers = client.lines()
    #expect(
      answers.filter { $0.hasPrefix("bad") }.map {
        $0.split(separator: " ").prefix(3).joined(separator: " ")
      }
        == ["bad 1 missing-field", "bad 2 line-too-long", "bad 4 bad-json"])
    #expect(answers.last == "ok 4")
    let counts = try listener.stop()
    #expect(counts.recordCount == 1 && counts.refusedCount == 3)
    let kept = try stage.records(TopicName.quarantine)
    #expect(kept.map { $0.value?.count } == [2, 4096, 1])
    #expect(
      kept[1].headers.map { "\($0.name)=\(String(decoding: $0.value ?? [], as: UTF8.self))" }
        == ["reason=line-too-long", "source=socket", "line=2"])
  }

  @Test func aNamedSourceIsToldWhatIsStored() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    let (one, two) = (
      Observed.line("1", "2022-06-24T08:00:00"), Observed.line("1", "2022-06-24T09:00:00")
    )
    do {
      let client = try Client(stage.socket)
      client.say("source a/b\n")
      #expect(client.line() == "at 0 0000000000000000")
      // The second line is cut off: it will be sent again.
      client.say(one + "\n" + two.prefix(10))
      #expect(client.line() == "ok 1")
    }
    var chain = LineChain()
    Array(one.utf8).withUnsafeBytes { chain.add($0) }
    // The listener may not have seen yet that the first has gone.
    var answer: String?
    var client = try Client(stage.socket)
    for _ in 0..<100 {
      client.say("source a/b\n")
      answer = client.line()
      guard answer?.hasPrefix("error busy") == true else { break }
      client = try Client(stage.socket)
    }
    #expect(answer == "at 1 \(chain.text)")
    let another = try Client(stage.socket)
    another.say("source a/b\n\(two)\n")
    #expect(another.lines().map { $0.hasPrefix("error busy: ") } == [true])
    client.say(two + "\n{}\n")
    #expect(client.line()?.hasPrefix("bad 3 ") == true)
    #expect(client.line() == "ok 3")
    try listener.stop()
    #expect(try stage.values(TopicName.raw) == [one, two])
  }

  @Test func whatIsNoNameIsRefused() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    for name in ["", "a b", "ü", String(repeating: "x", count: 121)] {
      let client = try Client(stage.socket)
      client.say("source \(name)\n{}\n")
      #expect(client.lines().map { $0.hasPrefix("error ") } == [true])
    }
    #expect(try listener.stop() == ListenCounts())
  }

  @Test func whoDoesNotReadHisAnswersIsNotReadFromForEver() throws {
    let stage = try Stage()
    var options = try stage.options()
    options.linesPerCommit = 1
    let listener = try RunningListener(stage.store, options)
    let deaf = try Client(stage.socket)
    let line = Array((Observed.line("1", "2022-06-24T08:00:00") + "\n").utf8)
    DispatchQueue(label: "deaf").async { for _ in 0..<20_000 { deaf.say(line) } }
    // Others are served meanwhile.
    let client = try Client(stage.socket)
    client.say(line)
    #expect(client.line() == "ok 1")
    let answers = (0..<20_000).lazy.compactMap { _ in deaf.line() }
    #expect(answers.contains("ok 20000"))
    #expect(try listener.stop().recordCount == 20_001)
  }

  @Test func whoFindsNoPlaceIsToldAndMayComeAgain() throws {
    let stage = try Stage()
    var options = try stage.options()
    options.connectionCountMax = 2
    let told = Mutex<[String]>([])
    options.tell = { text in told.withLock { $0.append(text) } }
    let listener = try RunningListener(stage.store, options)
    let line = Observed.line("1", "2022-06-24T08:00:00") + "\n"
    var clients = try (0..<2).map { _ in try Client(stage.socket) }
    for client in clients {
      client.say(line)
      #expect(client.line() == "ok 1")
    }
    for _ in 0..<3 {
      let late = try Client(stage.socket)
      #expect(late.line() == "error busy: all 2 connections are taken")
      #expect(late.line() == nil)
    }
    clients.removeAll()
    var answer: String?
    for _ in 0..<200 where answer?.hasPrefix("ok") != true {
      usleep(10_000)
      let client = try Client(stage.socket)
      client.say(line)
      answer = client.line()
    }
    #expect(answer == "ok 1")
    try listener.stop()
    #expect(told.withLock { $0.count } == 1)
  }

  @Test func anEmptyLineIsAcknowledgedAndKeptNowhere() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    let client = try Client(stage.socket)
    client.say("\n")
    #expect(client.line() == "ok 1")
    client.end()
    #expect(client.line() == nil)
    #expect(try listener.stop() == ListenCounts())
    #expect(try stage.records(TopicName.quarantine).isEmpty)
  }

  @Test func aSocketThatWasRemovedIsNoticed() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    unlink(stage.socket)
    for _ in 0..<3000 where !listener.hasEnded { usleep(10_000) }
    let failure = try #require(throws: SocketFailure.self) { try listener.stop() }
    #expect(failure.code == .away)
  }

  @Test func datagramsHoldObservationsThatNobodyAcknowledges() throws {
    let stage = try Stage()
    var options = try stage.options()
    options.stream = nil
    options.datagram = try SocketPath(stage.folder + "/run/datagrams")
    let listener = try RunningListener(stage.store, options)
    let client = try Client(stage.folder + "/run/datagrams", datagrams: true)
    let lines = (0..<3).map { Observed.line("\($0)", "2022-06-24T08:00:00") }
    client.say(lines[0])
    client.say(lines[1] + "\n" + lines[2] + "\n")
    client.say("nonsense")
    let counts = try listener.stop()
    #expect(counts.recordCount == 3 && counts.refusedCount == 1)
    #expect(try stage.values(TopicName.raw) == lines)
  }

  @Test(arguments: SeededGenerator.seeds(20))
  func whateverComesIsCountedAndKept(seed: UInt64) throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    var random = SeededGenerator(seed: seed)
    var lineCount: Int64 = 0
    for _ in 0..<5 {
      let client = try Client(stage.socket)
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        if random.oneIn(2) {
          bytes += Array(Observed.line("1", "2022-06-24T08:00:00").utf8)
        } else {
          // Not empty, no newline, and no greeting.
          bytes += (0..<Int.random(in: 1...300, using: &random)).map { _ in
            [UInt8.random(in: 11...255, using: &random), 0, 34, 123].randomElement(using: &random)!
          }
          bytes.append(1)
        }
        bytes.append(10)
        lineCount += 1
      }
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...500, using: &random))
        client.say(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      client.end()
      _ = client.lines()
    }
    let counts = try listener.stop()
    #expect(counts.recordCount + counts.refusedCount == lineCount)
    #expect(try stage.values(TopicName.raw).count == Int(counts.recordCount))
    #expect(try stage.values(TopicName.quarantine).count == Int(counts.refusedCount))
  }

  @Test func aRefusedLineIsKeptAsItCame() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    let line = #"{"TMP":"nonsense","REM":"\#(String(repeating: "x", count: 9000))"}"#
    let client = try Client(stage.socket)
    client.say(line + "\n")
    client.end()
    _ = client.lines()
    try listener.stop()
    #expect(try stage.values(TopicName.quarantine) == [line])
  }

  // MARK: Where it listens

  @Test(arguments: SeededGenerator.seeds(5))
  func ofTwoThatBeginAtOnceOneListens(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<10 {
      let stage = try Stage()
      if random.oneIn(2) {
        mkdir(stage.folder + "/run", 0o700)
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(try SocketPath(stage.socket).withAddress { bind(left, $0, $1) } == 0)
        close(left)
      }
      let options = try stage.options()
      let store = stage.store
      let begun = Mutex<[RunningListener]>([])
      DispatchQueue.concurrentPerform(iterations: 2) { _ in
        if let listener = try? RunningListener(store, options) {
          begun.withLock { $0.append(listener) }
        }
      }
      #expect(begun.withLock { $0.count } == 1)
      let client = try Client(stage.socket)
      client.say(Observed.line("1", "2022-06-24T08:00:00") + "\n")
      #expect(client.line() == "ok 1")
      for listener in begun.withLock({ $0 }) { try listener.stop() }
    }
  }

  @Test func aFolderOfSomebodyElseIsRefused() throws {
    guard geteuid() == 0 else { return }
    let stage = try Stage()
    mkdir(stage.folder + "/run", 0o755)
    chown(stage.folder + "/run", 65534, 65534)
    #expect(try failure(stage, stage.options())?.code == .path)
  }

  @Test func aSocketThatAnotherHasReplacedIsNotRemoved() throws {
    let stage = try Stage()
    let first = try RunningListener(stage.store, stage.options())
    unlink(stage.socket)
    let second = try RunningListener(stage.store, stage.options())
    _ = try? first.stop()
    let client = try Client(stage.socket)
    client.say(Observed.line("1", "2022-06-24T08:00:00") + "\n")
    #expect(client.line() == "ok 1")
    try second.stop()
  }

  @Test func folderAndSocketArePrivate() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    var status = stat()
    #expect(stat(stage.folder + "/run", &status) == 0 && status.st_mode & 0o777 == 0o700)
    #expect(stat(stage.socket, &status) == 0 && status.st_mode & 0o777 == 0o600)
    try listener.stop()
  }

  private func failure(_ stage: Stage, _ options: ListenOptions) throws -> SocketFailure? {
    do {
      try RunningListener(stage.store, options).stop()
      return nil
    } catch let failure as SocketFailure { return failure }
  }

  @Test func aFolderThatOthersMayWriteIntoIsRefused() throws {
    let stage = try Stage()
    mkdir(stage.folder + "/run", 0o777)
    chmod(stage.folder + "/run", 0o777)
    #expect(try failure(stage, stage.options())?.code == .path)
    // Where nobody may remove what is another's, as in /tmp, it is safe.
    chmod(stage.folder + "/run", 0o1777)
    #expect(try failure(stage, stage.options()) == nil)
  }

  @Test func aSocketThatIsInUseIsLeftAloneAndOneThatIsNotIsReplaced() throws {
    let stage = try Stage()
    let listener = try RunningListener(stage.store, stage.options())
    #expect(try failure(stage, stage.options())?.code == .inUse)
    try listener.stop()
    // As `kill -9` leaves it.
    let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #expect(try SocketPath(stage.socket).withAddress { bind(left, $0, $1) } == 0)
    close(left)
    #expect(try failure(stage, stage.options()) == nil)
  }

  @Test func whatIsNoSocketIsNotRemoved() throws {
    let stage = try Stage()
    mkdir(stage.folder + "/run", 0o700)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: stage.socket))
    #expect(try failure(stage, stage.options())?.code == .path)
    #expect(FileManager.default.contents(atPath: stage.socket) == Data("mine".utf8))
  }

  @Test func aPathThatIsTooLongForASocketIsRefused() throws {
    #expect(throws: SocketFailure.self) { try SocketPath(String(repeating: "x", count: 108)) }
    _ = try SocketPath(String(repeating: "x", count: 107))
  }
}
