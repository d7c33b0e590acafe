// What the process says when it ends. A contract for scripts: README lists it.

/// Exit codes.
enum ExitCode: Int32 {
  case success = 0
  /// Everything that could be done was done, but part of the input was refused or could not be read.
  case inputRefused = 1
  /// The command line cannot be understood, or names what the store does not have: a topic, a group,
  /// an offset.
  case usage = 2
  /// A check found a difference or damage.
  case checkFailed = 3
  /// The store, the disk, the system, a database or Kafka failed.
  case failure = 4
  /// The job's rule is not the store's.
  case ruleChanged = 5
  /// Stopped by SIGINT or SIGTERM, after a commit.
  case interrupted = 130
}
