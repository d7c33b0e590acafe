// What a consumer group says to its members.

/// A change of what the group gives a member. The member answers with `assign` or `unassign`; until
/// then nothing is read.
public enum GroupChange: Sendable, Equatable {
  case assigned([TopicPartition])
  case revoked([TopicPartition])
  /// Others may have gone on with these already.
  case lost([TopicPartition])
}
