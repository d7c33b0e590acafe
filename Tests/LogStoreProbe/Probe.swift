// A process that uses a store on behalf of the tests: to be one of several writers, to be killed, and
// to meet a disk that fails.
//
//   LogStoreProbe append STORE SOURCE COMMITS   appends; after each commit prints the next offset
//   LogStoreProbe fault STORE sync|space        appends while the disk fails, prints what came of it

import Glibc
import LogStore

@main struct Probe {
  static func main() throws {
    let arguments = CommandLine.arguments
    switch arguments.count > 3 ? arguments[1] : "" {
    case "append":
      try append(arguments[2], source: arguments[3], commits: Int(arguments[4]) ?? 0)
    case "fault":
      try meet(arguments[3] == "sync" ? .sync : .space, arguments[2])
    default:
      exit(64)
    }
  }

  /// Records "SOURCE NUMBER PADDING", numbered on from the position saved with the last of them.
  private static func append(_ path: String, source: String, commits: Int) throws {
    let store = try LogStore.open(path)
    var seed = UInt64(getpid())
    func random(below bound: UInt64) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((seed >> 33) % bound)
    }
    for _ in 0..<commits {
      let next = try store.write { transaction -> Offset in
        try transaction.createTopic("t")
        let position = try transaction.sourcePositions(source).first
        var number = position?.position ?? 0
        for _ in 0...random(below: 3) {
          let builder = RecordBatchBuilder()
          for _ in 0...random(below: 20) {
            let padding = String(repeating: "x", count: random(below: 2000))
            builder.append(
              eventTime: number, key: Array(source.utf8),
              value: Array("\(source) \(number) \(padding)".utf8))
            number += 1
          }
          try transaction.append(builder.take()!, to: "t")
        }
        try transaction.save(
          SourcePosition(source: source, partition: 0, position: number),
          expected: position?.position)
        return try transaction.topic("t").nextOffset
      }
      say("\(next)")
    }
  }

  private static func meet(_ fault: Fault, _ path: String) throws {
    Fault.install()
    let store = try LogStore.open(path)
    func attempt() throws {
      let builder = RecordBatchBuilder()
      builder.append(eventTime: 0, key: nil, value: [UInt8](repeating: 1, count: 100))
      let batch = builder.take()!
      do {
        try store.write {
          try $0.createTopic("t")
          try $0.append(batch, to: "t")
        }
        say("committed")
      } catch let error as StoreError { say(error.code.rawValue) }
    }
    try attempt()
    Fault.current = fault
    try attempt()
    Fault.current = .none
    try attempt()
    store.close()
  }

  /// One line, at once and whole.
  private static func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    write(1, bytes, bytes.count)
  }
}
