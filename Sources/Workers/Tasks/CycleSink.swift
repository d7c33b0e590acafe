// Where the tasks of a worker put what a transaction shall hold.

import LogStore

/// The topics that a worker writes.
enum WorkerTopic: CaseIterable, Sendable {
  case stationHours, hours, parts, state, quarantine
}

/// Takes the records of one transaction, in order.
protocol CycleSink {
  /// - Parameter partition: nil for the one of the key.
  mutating func send(
    _ topic: WorkerTopic, partition: Int32?, key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer, headers: [RecordHeader]
  ) throws
}

extension CycleSink {
  mutating func send(
    _ topic: WorkerTopic, partition: Int32?, key: [UInt8], value: [UInt8],
    headers: [RecordHeader] = []
  ) throws {
    try key.withUnsafeBytes { key in
      try value.withUnsafeBytes {
        try send(topic, partition: partition, key: key, value: $0, headers: headers)
      }
    }
  }
}
