// What is behind a figure: the raw records of an hour, what became of each, and the emissions.

import Aggregation
import LogStore
import Observations

/// A raw record of the hour in question.
public struct ExplainedRecord: Sendable {
  public let offset: Offset
  public let station: String
  public let time: Timestamp
  public let temperature: TemperatureField
  public let reportType: String
  /// nil: it is in the figures.
  public internal(set) var refusal: RejectionReason?
  /// Milliseconds since 1970 UTC.
  public let appendTime: Int64
}

/// An emission of the hour.
public struct ExplainedEmission: Sendable {
  public let offset: Offset
  /// The record value, as it stands in the topic.
  public let value: String
}

/// Everything behind one hour.
public struct Explanation: Sendable {
  /// nil when no accepted record lies in the hour.
  public var result: HourResult?
  public var records: [ExplainedRecord] = []
  public var emissions: [ExplainedEmission] = []
  /// Records that retention has removed from the raw topic may have belonged to the hour.
  public var rawStartOffset = Offset.zero
  /// Where the aggregation stands: later records are not in the figures yet.
  public var nextOffset = Offset.zero

  /// - Parameters:
  ///   - hour: since 1970-01-01T00:00Z.
  ///   - station: nil for all stations together.
  public static func make(hour: Int64, station: String?, in store: LogStore) throws -> Explanation {
    var explanation = Explanation()
    var rule = AggregationRule()
    // One view, so that figures, records and emissions are those of one moment.
    try store.read { view in
      let selection = HourSelection(
        station.map { .station($0) } ?? .allStationsTogether, fromHour: hour, untilHour: hour + 1)
      try HourlyResults.forEach(selection, in: view) { explanation.result = $0 }
      if let stored = try HourlyGroup.checkpoint(view) {
        explanation.nextOffset = stored.nextOffset
        rule = AggregationRule(fingerprint: stored.fingerprint) ?? rule
      }
      try explanation.findRecords(hour, station, rule, view)
      try explanation.findEmissions(hour, station, view)
    }
    // Looks only at records before those found, which never change.
    try explanation.refuseLateRecords(of: hour, rule, in: store)
    return explanation
  }

  /// The event times that records of an hour may have, in milliseconds since 1970 UTC.
  private static func eventTimes(
    _ hour: Int64, _ topic: Topic, _ view: ReadTransaction
  ) throws -> ClosedRange<Int64> {
    try SourceName.isPulled(topic.name, view)
      ? Int64.min...Int64.max : (hour * 3_600_000)...(hour * 3_600_000 + 3_599_999)
  }

  private mutating func findRecords(
    _ hour: Int64, _ station: String?, _ rule: AggregationRule, _ view: ReadTransaction
  ) throws {
    let topic = try view.topic(TopicName.raw)
    rawStartOffset = topic.startOffset
    let times = try Self.eventTimes(hour, topic, view)
    try view.forEachBatch(of: topic, eventTimes: times) { batch in
      try batch.forEach { record in
        guard record.kind == .data, let value = record.value,
          let explained = Self.explain(value, record.offset, batch.appendTime, rule),
          explained.time.hourIndex == hour, station == nil || station == explained.station
        else { return }
        records.append(explained)
      }
    }
  }

  private mutating func findEmissions(
    _ hour: Int64, _ station: String?, _ view: ReadTransaction
  ) throws {
    let name = station == nil ? TopicName.hourly : TopicName.hourlyByStation
    guard let topic = try view.findTopic(name) else { return }
    var key: [UInt8] = []
    WindowResult(
      key: Array((station ?? "").utf8), hour: hour, accumulator: Accumulator(), revision: 0,
      isFinal: false
    ).appendRecordKey(to: &key)
    let times = try Self.eventTimes(hour, topic, view)
    try view.forEachBatch(of: topic, eventTimes: times) { batch in
      try batch.forEach { record in
        guard let recordKey = record.key, recordKey.elementsEqual(key), let value = record.value
        else { return }
        emissions.append(
          ExplainedEmission(offset: record.offset, value: String(decoding: value, as: UTF8.self)))
      }
    }
  }

  /// The refusal that depends on the records before.
  private mutating func refuseLateRecords(
    of hour: Int64, _ rule: AggregationRule, in store: LogStore
  ) throws {
    guard let lateness = rule.allowedLatenessSeconds else { return }
    let limit = (hour + 1) * 3600 + lateness
    // The watermark never goes back: from the first record that came too late on, all did.
    var (first, end) = (0, records.count)
    while first < end {
      let middle = (first + end) / 2
      let clock = try EventClock.before(records[middle].offset, rule, in: store)
      let watermark = clock.watermarkSeconds(delaySeconds: rule.delaySeconds) ?? .min
      if watermark >= limit { end = middle } else { first = middle + 1 }
    }
    for index in first..<records.count where records[index].refusal == nil {
      records[index].refusal = .tooLate
    }
  }

  /// nil when the record cannot be read: then it belongs to no hour.
  private static func explain(
    _ value: UnsafeRawBufferPointer, _ offset: Offset, _ appendTime: Int64, _ rule: AggregationRule
  ) -> ExplainedRecord? {
    RawObservation.read(value) { result in
      guard case .success(let parts) = result else { return nil }
      var refusal: RejectionReason?
      ObservationJudge.judge(value, quality: rule.quality) { verdict in
        if case .rejected(let reason) = verdict { refusal = reason }
      }
      if refusal == nil,
        parts.time.secondsSinceEpoch > appendTime / 1000 + AggregationRule.aheadSecondsMax
      {
        refusal = .tooFarAhead
      }
      return ExplainedRecord(
        offset: offset, station: String(decoding: parts.station, as: UTF8.self), time: parts.time,
        temperature: parts.temperature,
        reportType: String(decoding: ByteText.trimmed(parts.reportType), as: UTF8.self),
        refusal: refusal, appendTime: appendTime)
    }
  }
}
