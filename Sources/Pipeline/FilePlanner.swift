// Decides for every file of an ingest what it is: new, known, grown, or another version's beginning.
//
// The rule: a file is a sequence of rows. A file whose rows continue those of one that was ingested
// before is that file, grown; one whose rows are the beginning of such a file adds nothing; any
// other is a file of its own, even if some of its rows stand in other files too. A damaged gzip file
// is refused as a whole: its rows before the damage may be wrong, and with a wrong row in the log a
// good copy would be another file.

import Dispatch
import LogStore
import Observations
import Synchronization

/// A file with rows to append.
struct FilePlan: Sendable {
  /// Where to read it, and how the user named it.
  let path: String
  let name: String
  /// nil to recognise it.
  let format: ObservationFormat?
  let identity: FileIdentity
  /// Where to go on.
  var progress: FileProgress
  /// The position that the store holds; nil when it has none.
  var storedPosition: Int64?
  /// How many of its rows were compared with those in the log, and the chain's value after them.
  let agreed: (rowCount: Int, chain: UInt64)
  /// Event time of the first row to append, in seconds since 1970 UTC; the lowest when there is none
  /// and only an unfinished line is new.
  let firstSeconds: Int64
}

/// What an ingest will do with its files.
struct IngestPlan: Sendable {
  /// In the order in which the files were given.
  var files: [FilePlan] = []
  /// Files that add nothing.
  var knownCount = 0
  /// Files that begin like a known one and then differ.
  var divergingNames: [String] = []
  /// Files without a row.
  var emptyCount = 0
  var failures: [InputFailure] = []
  /// Unfinished lines of files that have no row at all.
  var unfinished: [(name: String, line: UnfinishedLine)] = []
}

/// Thrown out of what an ingest was doing when it was asked to stop.
struct IngestStopped: Error {}

/// Makes the plan of an ingest.
struct FilePlanner {
  /// Knows which files were ingested before; nil: none was.
  let store: LogStore?
  /// Of all files; nil to recognise each one's.
  let format: ObservationFormat?
  /// Asked by several threads at once.
  let shouldStop: @Sendable () -> Bool

  /// - Parameter files: where to read each file, and its name.
  /// - Throws: `StoreError`, or `IngestStopped`.
  func plan(_ files: [(path: String, name: String)]) throws -> IngestPlan {
    let probes = try concurrently(files.count) {
      FileProbe.run(path: files[$0].path, name: files[$0].name, format: format)
    }
    var plan = IngestPlan()
    var groups: [UInt64: [Int]] = [:]
    for (index, probe) in probes.enumerated() {
      if let head = probe.head {
        groups[head.chain, default: []].append(index)
        continue
      }
      if let failure = probe.end?.failure { plan.failures.append(failure) }
      if let line = probe.end?.unfinished { plan.unfinished.append((files[index].name, line)) }
      if probe.end?.failure == nil, probe.end?.unfinished == nil { plan.emptyCount += 1 }
    }
    // Groups in the order of their first file, so that nothing depends on hash order.
    let ordered = groups.sorted { $0.value[0] < $1.value[0] }
    let verdicts = try concurrently(ordered.count) { group in
      try decide(ordered[group].value.map { (files[$0], probes[$0], $0) }, ordered[group].key)
    }
    var planned: [(index: Int, plan: FilePlan)] = []
    for group in verdicts {
      planned += group.planned
      plan.knownCount += group.knownCount
      plan.divergingNames += group.divergingNames
      plan.failures += group.failures
    }
    plan.files = planned.sorted { $0.index < $1.index }.map(\.plan)
    return plan
  }

  private struct GroupVerdict: Sendable {
    var planned: [(index: Int, plan: FilePlan)] = []
    var knownCount = 0
    var divergingNames: [String] = []
    var failures: [InputFailure] = []
  }

  /// One file of the store or of this ingest, and the longest version of it that was given.
  private struct Slot {
    let identity: FileIdentity
    let known: KnownFile?
    var given: (member: Int, scan: FileScan)?
  }

  /// Decides over the files that begin with the same row.
  private func decide(
    _ members: [(file: (path: String, name: String), probe: FileProbe, index: Int)], _ head: UInt64
  ) throws -> GroupVerdict {
    let (known, unfinishedHash) = try stored(head)
    var slots = known.map { Slot(identity: $0.identity, known: $0) }
    var verdict = GroupVerdict()
    if slots.isEmpty, members.count == 1 {
      // Nothing to compare with: the file's rows need not be read beforehand.
      let (file, probe, index) = members[0]
      if probe.isCompressed,
        let damage = try FileDamage.find(path: file.path, name: file.name, shouldStop: shouldStop)
      {
        verdict.failures = [damage]
      } else {
        let slot = Slot(identity: FileIdentity(head: head, partition: 0), known: nil)
        let seconds = probe.head?.seconds
        verdict.planned = [(index, plan(members[0], slot, unfinishedHash, firstSeconds: seconds))]
      }
      return verdict
    }
    for (number, member) in members.enumerated() {
      let scan = try FileScan.run(
        path: member.file.path, name: member.file.name, format: format,
        known: known.map(\.progress), shouldStop: shouldStop)
      if scan.end.isDamaged || scan.chain.isEmpty {
        // Damaged, or gone since it was probed.
        if let failure = scan.end.failure { verdict.failures.append(failure) }
        continue
      }
      guard scan.chain[0] == head else {
        // Another file has taken its place since it was probed.
        verdict.failures.append(FileCursor.changed(member.file.name))
        continue
      }
      let match = slots.indices.filter { index in
        (slots[index].known?.agrees(with: scan) ?? true)
          && (slots[index].given?.scan.agrees(with: scan) ?? true)
      }.max { (slots[$0].known?.digests.count ?? 0) < (slots[$1].known?.digests.count ?? 0) }
      guard let match else {
        // The first of all has nothing to differ from.
        if !slots.isEmpty { verdict.divergingNames.append(member.file.name) }
        slots.append(
          Slot(
            identity: FileIdentity(
              head: head, partition: (slots.map(\.identity.partition).max() ?? -1) + 1),
            known: nil, given: (number, scan)))
        continue
      }
      var passedOver: FileScan? = scan
      if slots[match].known?.holdsAll(of: scan) ?? false {
        verdict.knownCount += 1
      } else if let given = slots[match].given {
        // Of two versions in one ingest the longer has all rows of both.
        verdict.knownCount += 1
        if scan.goesOn(after: given.scan) {
          passedOver = given.scan
          slots[match].given = (number, scan)
        }
      } else {
        passedOver = nil
        slots[match].given = (number, scan)
      }
      // Nobody will read it again, and so come upon what is wrong with it.
      if let failure = passedOver?.end.failure { verdict.failures.append(failure) }
    }
    for (number, slot) in slots.enumerated() {
      guard let (index, scan) = slot.given else { continue }
      let member = members[index]
      // The known files are the first slots.
      let seconds = slot.known == nil ? member.probe.head?.seconds : scan.nextRows[number].seconds
      verdict.planned.append(
        (member.index, plan(member, slot, unfinishedHash, firstSeconds: seconds)))
    }
    return verdict
  }

  private func plan(
    _ member: (file: (path: String, name: String), probe: FileProbe, index: Int), _ slot: Slot,
    _ unfinishedHash: UInt64, firstSeconds: Int64?
  ) -> FilePlan {
    let (known, scan) = (slot.known, slot.given?.scan)
    let agreedCount = min(known?.digests.count ?? 0, scan?.chain.count ?? 0)
    var begun = FileProgress()
    begun.unfinishedHash = unfinishedHash
    return FilePlan(
      path: member.file.path, name: member.file.name, format: format, identity: slot.identity,
      progress: known?.progress ?? begun,
      storedPosition: known.map { Int64($0.progress.contiguousCount) },
      agreed: (agreedCount, agreedCount == 0 ? 0 : scan?.chain[agreedCount - 1] ?? 0),
      firstSeconds: firstSeconds ?? Int64.min)
  }

  /// What the store knows of files that begin with a row, and the hash of that row when it is in
  /// quarantine already, from when it was not ended yet; else 0.
  private func stored(_ head: UInt64) throws -> (known: [KnownFile], unfinishedHash: UInt64) {
    guard let store else { return ([], 0) }
    return try store.read { view in
      let identity = FileIdentity(head: head, partition: 0)
      let known = try view.sourcePositions(identity.source).map { stored in
        let identity = FileIdentity(head: head, partition: stored.partition)
        guard let progress = FileProgress(position: stored.position, detail: stored.detail) else {
          throw StoreError(
            .damaged,
            "what the store holds of \(identity.source)/\(stored.partition) does not decode",
            remedy: "Run `moaa log verify --deep` to see whether the store is damaged")
        }
        var digests: [UInt32] = []
        try view.forEachState(group: GroupName.ingest, key: identity.key) { _, _, value in
          for offset in stride(from: 0, to: value.count - 3, by: 4) {
            digests.append(
              UInt32(littleEndian: value.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
          }
        }
        return KnownFile(
          identity: identity, progress: progress, digests: digests + progress.tailDigests)
      }
      let line = UnfinishedLine.source(hash: head)
      return (known, try view.sourcePositions(line).isEmpty ? 0 : head)
    }
  }

  /// The results of `body` for 0..<count, computed on all cores.
  private func concurrently<R: Sendable>(
    _ count: Int, _ body: @Sendable (Int) throws -> R
  ) throws -> [R] {
    let results = Mutex([Result<R, any Error>?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let result = Result {
        if shouldStop() { throw IngestStopped() }
        return try body(index)
      }
      results.withLock { $0[index] = result }
    }
    return try results.withLock { try $0.compactMap { try $0?.get() } }
  }
}
