// Where in a topic a command is to begin: an offset, a time, or the oldest record.

import LogStore
import Observations

/// A position as a person gives it.
public enum LogPosition: Hashable, Sendable {
  case earliest
  case latest
  case offset(Int64)
  /// The first record appended at or after the moment.
  case appendTime(Timestamp)

  /// `earliest`, `latest`, a number, or a time such as `2022-06-24T08:00`.
  public init?(_ text: String) {
    switch text {
    case "earliest": self = .earliest
    case "latest": self = .latest
    default:
      if let number = Int64(text), number >= 0, text.allSatisfy(\.isNumber) {
        self = .offset(number)
      } else if let time = Timestamp(argument: text) {
        self = .appendTime(time)
      } else {
        return nil
      }
    }
  }

  /// The offset in a topic.
  /// - Throws: `StoreError.offsetOutOfRange` when the topic does not reach there.
  public func offset(in topic: Topic, _ view: ReadTransaction) throws -> Offset {
    switch self {
    case .earliest: return topic.startOffset
    case .latest: return topic.nextOffset
    case .appendTime(let time):
      return try view.offset(of: topic, appendedSince: time.secondsSinceEpoch * 1000)
    case .offset(let number):
      let offset = Offset(number)
      guard offset >= topic.startOffset, offset <= topic.nextOffset else {
        throw StoreError(
          .offsetOutOfRange,
          "topic \(topic.name) holds offsets \(topic.startOffset) up to, not including, "
            + "\(topic.nextOffset); \(offset) is not among them",
          remedy: "Name an offset that it holds, or `earliest`")
      }
      return offset
    }
  }
}
