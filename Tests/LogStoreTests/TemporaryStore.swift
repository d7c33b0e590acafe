// A folder of its own for every test, removed with everything in it, and shorthand for what the
// tests do most: making batches and reading a topic back.

import Glibc
import LogStore
import Synchronization

final class TemporaryStore: Sendable {
  let folder: String
  let clock = TestClock()

  var path: String { folder + "/test.store" }

  init() {
    var template = Array("/tmp/moaa-test-XXXXXX".utf8CString)
    guard let folder = mkdtemp(&template) else { fatalError("no temporary folder") }
    self.folder = String(cString: folder)
  }

  deinit { Self.remove(folder) }

  func open(_ mode: StoreOptions.Mode = .create, byteCountMax: Int64? = nil) throws -> LogStore {
    // Nothing here survives a power cut of its own; the tests of processes use full durability.
    try LogStore.open(
      path,
      StoreOptions(
        mode: mode, durability: .relaxed, clock: clock.wallClock, byteCountMax: byteCountMax))
  }

  func size(_ suffix: String = "") -> Int64 {
    var status = stat()
    return stat(path + suffix, &status) == 0 ? Int64(status.st_size) : 0
  }

  private static func remove(_ folder: String) {
    chmod(folder, 0o755)
    if let entries = opendir(folder) {
      while let entry = readdir(entries) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        let path = folder + "/" + name
        if unlink(path) != 0 { remove(path) }
      }
      closedir(entries)
    }
    rmdir(folder)
  }
}

/// A clock that tests set. It starts on 2024-01-01.
final class TestClock: Sendable {
  private let milliseconds = Atomic<Int64>(1_704_067_200_000)

  var now: Int64 { milliseconds.load(ordering: .relaxed) }
  var wallClock: WallClock { WallClock { [self] in now } }

  func advance(milliseconds amount: Int64) { milliseconds.add(amount, ordering: .relaxed) }
  func advance(hours: Int64) { advance(milliseconds: hours * 3_600_000) }
}

/// SplitMix64: the same sequence for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      for index in stride(from: 0, to: count, by: 8) {
        withUnsafeBytes(of: next()) { word in
          UnsafeMutableRawBufferPointer(buffer).baseAddress!.advanced(by: index)
            .copyMemory(from: word.baseAddress!, byteCount: min(8, count - index))
        }
      }
      filled = count
    }
  }
}

/// A record with everything that a reader can see of it, as values.
struct TestRecord: Hashable {
  var kind = RecordKind.data
  var eventTime: Int64 = 0
  var key: [UInt8]?
  var value: [UInt8]?
  var headers: [RecordHeader] = []
}

func encode(_ records: [TestRecord]) -> EncodedBatch {
  let builder = RecordBatchBuilder()
  for record in records {
    builder.append(
      kind: record.kind, eventTime: record.eventTime, key: record.key, value: record.value,
      headers: record.headers)
  }
  return builder.take()!
}

func encode(_ values: String...) -> EncodedBatch {
  encode(values.map { TestRecord(value: Array($0.utf8)) })
}

extension LogStore {
  /// Makes the topic and appends each batch in a transaction of its own.
  func append(_ batches: EncodedBatch..., to topic: String = "t") throws {
    for batch in batches {
      try write {
        try $0.createTopic(topic)
        try $0.append(batch, to: topic)
      }
    }
  }

  func records(
    _ topic: String = "t", from start: Offset = .zero
  ) throws -> [(offset: Offset, record: TestRecord)] {
    let reader = try reader(of: topic, from: start)
    var result: [(Offset, TestRecord)] = []
    while let batch = try reader.next() {
      try batch.forEach(from: start) { view in
        result.append(
          (
            view.offset,
            TestRecord(
              kind: view.kind, eventTime: view.eventTime, key: view.key.map { Array($0) },
              value: view.value.map { Array($0) }, headers: view.headers)
          ))
      }
    }
    return result
  }

  func values(_ topic: String = "t", from start: Offset = .zero) throws -> [String] {
    try records(topic, from: start).map { String(decoding: $0.record.value ?? [], as: UTF8.self) }
  }
}
