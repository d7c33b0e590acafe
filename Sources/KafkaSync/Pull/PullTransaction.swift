// What was read of Kafka → one transaction of the store.

import LogStore

/// Packs pieces, topic by topic and by ascending partition, and commits them with their positions
/// and origins. The order is thereby a matter of what arrived, and is recorded.
final class PullTransaction {
  private let store: LogStore
  private let recordBytesMax: Int
  private var packers: [String: BatchPacker] = [:]

  init(_ store: LogStore, recordBytesMax: Int) {
    self.store = store
    self.recordBytesMax = recordBytesMax
  }

  struct Result {
    var recordCount: Int64 = 0
    var byteCount: Int64 = 0
    var gaps: [KafkaGap] = []
  }

  /// - Throws: `PullRefused` for a record that the log cannot hold; `StoreError`.
  func commit(
    _ pieces: [(TopicPartition, [PullSession.Piece])], _ moved: [PulledPartition]
  ) throws -> Result {
    var result = Result()
    var runs: [String: [OriginRun]] = [:]
    do {
      for (partition, pieces) in pieces {
        let packer = packers[partition.topic] ?? BatchPacker()
        packers[partition.topic] = packer
        try pack(pieces, partition, packer, &result, &runs[partition.topic, default: []])
      }
    } catch {
      // What was packed is of no use, and shall not come with what is packed next.
      packers = [:]
      throw error
    }
    let batches = runs.keys.sorted().map { topic in
      (topic: topic, batches: packers[topic]?.take() ?? [], runs: runs[topic] ?? [])
    }
    result.gaps = moved.compactMap(\.gap)
    try store.write { transaction in
      for (topic, batches, runs) in batches {
        var base: Offset?
        for batch in batches {
          let offset = try transaction.append(batch, to: topic)
          base = base ?? offset
        }
        if let base { try KafkaOrigins.save(runs, topic: topic, at: base, in: transaction) }
      }
      for state in moved {
        if let gap = state.gap { try KafkaOrigins.save(gap, in: transaction) }
        try transaction.save(state.position.row, expected: state.stored)
      }
    }
    return result
  }

  private func pack(
    _ pieces: [PullSession.Piece], _ partition: TopicPartition, _ packer: BatchPacker,
    _ result: inout Result, _ runs: inout [OriginRun]
  ) throws {
    var run: OriginRun?
    for piece in pieces {
      try piece.batch.forEach(in: piece.run) { message in
        guard message.offset >= piece.firstOffset else { return }
        let (key, value) = (message.key, message.value)
        let headers = try headers(message, partition)
        let byteCount = (key?.count ?? 0) + (value?.count ?? 0)
        packer.append(
          eventTime: message.timestamp, key: key, value: value, headers: headers)
        if run == nil {
          run = OriginRun(partition: partition.partition, firstOffset: message.offset)
        }
        run?.add(message.offset)
        result.recordCount += 1
        result.byteCount += Int64(byteCount)
      }
    }
    if let run { runs.append(run) }
  }

  /// - Throws: where the record as a whole is more than the log takes, or not what it can give back.
  private func headers(
    _ message: KafkaMessage, _ partition: TopicPartition
  ) throws -> [RecordHeader] {
    let headers = message.headers
    if !headers.isEmpty, message.hasUnreadableHeaderName {
      throw PullRefused(
        .record, "\(partition), offset \(message.offset): a header's name is not UTF-8",
        remedy: "Kafka's own rule is broken there, and the log cannot give the name back")
    }
    let headerBytes = headers.reduce(0) {
      $0 + $1.name.utf8.count + ($1.value?.count ?? 0) + Self.headerOverhead
    }
    let byteCount = (message.key?.count ?? 0) + (message.value?.count ?? 0) + headerBytes
    guard byteCount <= recordBytesMax else {
      throw PullRefused(
        .record,
        "\(partition), offset \(message.offset): a record of \(byteCount) bytes, and the log takes "
          + "\(recordBytesMax)",
        remedy: "It was not pulled, nor anything behind it: the producer must write smaller ones")
    }
    return headers.map { RecordHeader($0.name, bytes: $0.value) }
  }

  /// The lengths that stand before name and value.
  private static let headerOverhead = 20
}
