// The lines that a feed sends: the observations of a sequence that lie in its bounds.

import Observations
import Pipeline

/// Holds one line at a time, so that it can wait for its time. Not shared between threads.
public final class FeedLines {
  private let sequence: ObservationSequence
  private let eventTimes: Range<Int64>
  private var line: [UInt8] = []
  /// Of the line at hand, in seconds since 1970 UTC.
  public private(set) var eventSeconds: Int64 = 0

  public init(_ sequence: ObservationSequence, _ eventTimes: Range<Int64>) {
    self.sequence = sequence
    self.eventTimes = eventTimes
  }

  public var isAtEnd: Bool { sequence.isAtEnd }
  /// Complete at the end.
  public var faults: SequenceFaults {
    var faults = sequence.faults
    if tooLongCount > 0 { faults.refusedCounts[.lineTooLong, default: 0] += tooLongCount }
    return faults
  }
  /// Observations that no listener would take.
  private var tooLongCount: Int64 = 0

  /// Goes on to the next line; false at the end, and when the sequence was asked to stop.
  public func next() -> Bool {
    var isWanted = false
    while !isWanted {
      let isThere = sequence.next { seconds, value in
        guard eventTimes.contains(seconds) else { return }
        guard value.count <= ListenOptions.lineByteCountMax else {
          tooLongCount += 1
          return
        }
        isWanted = true
        eventSeconds = seconds
        line.removeAll(keepingCapacity: true)
        line.append(contentsOf: value)
      }
      if !isThere { return false }
    }
    return true
  }

  /// Without its newline.
  public func withLine<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try line.withUnsafeBytes(body)
  }
}
