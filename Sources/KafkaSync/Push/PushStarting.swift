// Where a push goes on: what Kafka says, held against what the store has.

import LogStore

/// Decides where to begin. Pure: what is there has been looked up before.
struct PushStarting {
  let topic: String
  let options: PushOptions
  /// What the store retains.
  let retained: Range<Offset>
  /// What the store's copy of the position says.
  let copy: Offset?
  /// The batch behind Kafka's position, as the store has it.
  let lastBatch: String?

  struct Decision: Equatable {
    let offset: Offset
    let event: Event?

    enum Event: Equatable {
      case begins
      case adopts(String)
      case passesGap(from: Offset)
    }
  }

  /// - Parameter mayAdopt: false once this process has sent something: a store that takes the topic
  ///   away again later shall not be fought.
  /// - Throws: a setup failure that says what happened, and the ways on.
  func decide(_ found: PushPosition?, mayAdopt: Bool) throws(KafkaFailure) -> Decision {
    guard let found else { return try beginning() }
    if let reason = otherHistory(found) {
      guard options.adopts, mayAdopt else {
        throw .own(
          reason,
          remedy:
            "Push from the copy that pushed last, or go on from this one with --adopt: from its "
            + "own last position, offset \(copy ?? retained.lowerBound), so that what the other copy "
            + "has sent since may be there twice, and nothing is missing; --from names another offset."
        )
      }
      return Decision(
        offset: try checked(start(options.start ?? (copy == nil ? .beginning : .stored))),
        event: .adopts(reason))
    }
    if options.start != nil, !options.adopts, mayAdopt {
      throw .own(
        "Kafka says how far the push is: offset \(found.nextOffset); --from would send records twice or "
          + "not at all", remedy: "Leave --from out.")
    }
    return try passingGap(found.nextOffset)
  }

  /// Why the store is not the one behind a position; nil when it may be.
  private func otherHistory(_ found: PushPosition) -> String? {
    guard found.nextOffset <= retained.upperBound else {
      return "Kafka has records of \(topic) up to offset \(found.nextOffset), the store only up to "
        + "\(retained.upperBound): the store is an older copy of itself"
    }
    guard let theirs = found.lastBatch, let lastBatch, theirs != lastBatch else { return nil }
    return "Kafka has records of another history of this store: those of \(topic) before offset "
      + "\(found.nextOffset) are others here, as after a backup was restored and used"
  }

  private func beginning() throws(KafkaFailure) -> Decision {
    if let wanted = options.start {
      return Decision(offset: try checked(start(wanted)), event: .begins)
    }
    if let copy, copy > .zero {
      throw .own(
        "Kafka has no position of this store for \(topic) in topic \(PositionTopic.name), but the store "
          + "has pushed up to offset \(copy) as \(options.group): either it is another cluster, or "
          + "the position was deleted there",
        remedy:
          "For another cluster give it a name of its own with --name. Else say where to go on: "
          + "--from stored (offset \(copy)), --from beginning (all again, so twice), or --from OFFSET."
      )
    }
    return Decision(offset: retained.lowerBound, event: .begins)
  }

  private func start(_ start: PushStart) throws(KafkaFailure) -> Offset {
    switch start {
    case .beginning: return retained.lowerBound
    case .offset(let offset): return offset
    case .stored:
      guard let copy else {
        throw .own(
          "the store has no copy of a position for \(topic) as \(options.group)",
          remedy: "Say --from beginning or --from OFFSET.")
      }
      return copy
    }
  }

  private func checked(_ offset: Offset) throws(KafkaFailure) -> Offset {
    guard retained.contains(offset) || offset == retained.upperBound else {
      throw .own(
        "the store has records of \(topic) from offset \(retained.lowerBound) up to, not including, "
          + "\(retained.upperBound); \(offset) is not among them",
        remedy: "Name another one with --from.")
    }
    return offset
  }

  private func passingGap(_ offset: Offset) throws(KafkaFailure) -> Decision {
    guard offset < retained.lowerBound else { return Decision(offset: offset, event: nil) }
    guard options.acceptsGap else {
      throw .own(
        "records of \(topic) that were not pushed are gone: retention took offsets \(offset) to "
          + "\(retained.lowerBound + -1)",
        remedy: "Restore them, or go on without them with --accept-gap.")
    }
    return Decision(offset: retained.lowerBound, event: .passesGap(from: offset))
  }
}
