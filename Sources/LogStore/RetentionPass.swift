// Retention: which segments may go, and their removal.

/// A segment that retention would remove or keeps, and why.
public struct RetentionFinding: Sendable {
  public enum Verdict: String, Sendable {
    /// Its newest append time is older than the topic's retention.
    case expired
    /// The topic holds more bytes than its retention allows, and this is its oldest segment.
    case overSize = "over-size"
    /// Due, but a consumer group has not read it yet.
    case neededByGroup = "needed-by-group"
  }

  public let topic: String
  public let segment: Segment
  public let verdict: Verdict
  /// The group that still needs the segment.
  public let group: String?
}

extension ReadTransaction {
  /// What retention would do at `time` (milliseconds): sealed segments only, oldest first, up to
  /// the first that must stay.
  public func retentionFindings(at time: Int64) throws -> [RetentionFinding] {
    var findings: [RetentionFinding] = []
    let checkpoints = try checkpoints()
    for topic in try topics() {
      let segments = try segments(of: topic)
      let slowest = checkpoints.filter { $0.topic == topic.name }.min {
        $0.nextOffset < $1.nextOffset
      }
      var byteCount = segments.reduce(0) { $0 + $1.byteCount }
      for segment in segments {
        guard segment.isSealed else { break }
        let verdict: RetentionFinding.Verdict
        if let limit = topic.retention.milliseconds, segment.newestAppendTime < time - limit {
          verdict = .expired
        } else if let limit = topic.retention.bytes, byteCount > limit {
          verdict = .overSize
        } else {
          break
        }
        if let slowest, slowest.nextOffset < segment.nextOffset {
          findings.append(
            RetentionFinding(
              topic: topic.name, segment: segment, verdict: .neededByGroup, group: slowest.group))
          break
        }
        byteCount -= segment.byteCount
        findings.append(
          RetentionFinding(topic: topic.name, segment: segment, verdict: verdict, group: nil))
      }
    }
    return findings
  }
}

extension WriteTransaction {
  /// Removes what `retentionFindings` says may go.
  @discardableResult
  public func retain(at time: Int64) throws -> [RetentionFinding] {
    let findings = try retentionFindings(at: time)
    for finding in findings where finding.verdict != .neededByGroup {
      let topic = try topic(finding.topic)
      let segment = finding.segment
      try connection.statement(
        "DELETE FROM batch WHERE topic_id = ? AND base_offset >= ? AND base_offset < ?"
      ).bind(topic.id, at: 1).bind(segment.baseOffset.rawValue, at: 2)
        .bind(segment.nextOffset.rawValue, at: 3).run()
      try connection.statement("DELETE FROM segment WHERE topic_id = ? AND base_offset = ?")
        .bind(topic.id, at: 1).bind(segment.baseOffset.rawValue, at: 2).run()
      try connection.statement("UPDATE topic SET start_offset = ? WHERE topic_id = ?")
        .bind(segment.nextOffset.rawValue, at: 1).bind(topic.id, at: 2).run()
    }
    return findings
  }
}
