// A partition of a topic.

public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let topic: String
  public let partition: Int32

  public init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
    left.topic != right.topic ? left.topic < right.topic : left.partition < right.partition
  }

  public var description: String { "\(topic) [\(partition)]" }
}
