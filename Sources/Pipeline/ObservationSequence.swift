// The observations of files in event-time order, without a store: what a feed sends.
//
// The same files give the same sequence, as an ingest into an empty store would append them, so that a
// number of observations is a position to go on from.

import LogStore
import Observations

/// What files cannot give to a sequence.
public struct SequenceFaults: Sendable {
  /// Files that could not be read, or not to their end.
  public var failures: [InputFailure] = []
  /// Rows that are no observations, by reason.
  public var refusedCounts: [RejectionReason: Int64] = [:]
  /// Files that begin like another one and then differ: what stands in both is there twice.
  public var divergingNames: [String] = []

  public init() {}

  public var isEmpty: Bool {
    failures.isEmpty && refusedCounts.isEmpty && divergingNames.isEmpty
  }
}

/// The files of a feed, which can be gone through again and again.
public struct ObservationFiles {
  private let input: OpenedInput
  private let plan: IngestPlan
  private let shouldStop: @Sendable () -> Bool

  /// Looks at the files.
  /// - Parameters:
  ///   - paths: files, folders, or `-` for standard input.
  ///   - format: of all files; nil to recognise each one's.
  /// - Returns: nil when it was asked to stop.
  public init?(
    _ paths: [String], format: ObservationFormat? = nil, shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    self.shouldStop = shouldStop
    input = OpenedInput(paths, shouldStop: shouldStop)
    // A pipe that was not read to its end says nothing.
    if shouldStop() { return nil }
    OpenedInput.raiseFileLimit()
    let planner = FilePlanner(store: nil, format: format, shouldStop: shouldStop)
    do {
      plan = try planner.plan(input.files)
    } catch is IngestStopped {
      return nil
    }
  }

  public var fileCount: Int { plan.files.count }

  /// A walk from the beginning.
  public func sequence() -> ObservationSequence {
    var faults = SequenceFaults()
    faults.failures = input.failures + plan.failures
    faults.divergingNames = plan.divergingNames
    for (_, line) in plan.unfinished { faults.refusedCounts[line.reason, default: 0] += 1 }
    return ObservationSequence(
      FileCursor.all(of: plan, shouldStop: shouldStop), faults, shouldStop: shouldStop)
  }
}

/// One walk through the observations. Not shared between threads.
public final class ObservationSequence {
  private let cursors: [FileCursor]
  private let merge: FileMerge
  private var isFinished = false
  private var takenCount = 0
  /// Complete once `next` has returned false at the end.
  public private(set) var faults: SequenceFaults

  /// What a cursor keeps of rows for a store is of no use here; this is how often it is dropped.
  private static let rowsPerTrim = 65_536

  init(
    _ cursors: [FileCursor], _ faults: SequenceFaults, shouldStop: @escaping () -> Bool
  ) {
    self.cursors = cursors
    self.faults = faults
    merge = FileMerge(cursors, shouldStop: shouldStop)
  }

  /// Whether all files have been read: else the walk was asked to stop.
  public var isAtEnd: Bool { merge.isAtEnd }

  /// Hands over the next observation.
  /// - Parameter body: given its event time in seconds since 1970 UTC, and its JSON as in the raw topic;
  ///   the bytes are valid inside only.
  /// - Returns: false at the end, and when it was asked to stop.
  public func next(_ body: (_ seconds: Int64, _ value: UnsafeRawBufferPointer) -> Void) -> Bool {
    while let cursor = merge.next() {
      var isObservation = false
      cursor.takeHead { row, bytes in
        if let reason = row.refusal {
          faults.refusedCounts[reason, default: 0] += 1
          return
        }
        isObservation = true
        let start = Int(row.start) + Int(row.stationByteCount)
        body(
          row.seconds,
          UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(row.valueByteCount))]))
      }
      merge.advance()
      takenCount += 1
      if takenCount.isMultiple(of: Self.rowsPerTrim) {
        for cursor in cursors where cursor.isChanged { cursor.noteSaved() }
      }
      if isObservation { return true }
    }
    if merge.isAtEnd { finish() }
    return false
  }

  private func finish() {
    guard !isFinished else { return }
    isFinished = true
    for cursor in cursors {
      if let failure = cursor.end?.failure { faults.failures.append(failure) }
      if let line = cursor.end?.unfinished { faults.refusedCounts[line.reason, default: 0] += 1 }
    }
  }
}
