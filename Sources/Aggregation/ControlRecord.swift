// Control records of the raw topic: what was decided by the clock when records were received, written
// into the log so that a replay repeats it.

/// What a control record says. Its key is the name; an `idle` has its time as value.
public enum ControlRecord: Hashable, Sendable {
  /// The input has come to an end for now: show every hour that has changed.
  case flush
  /// The trigger of a live source was due: show every hour that has changed.
  case trigger
  /// A live source has been silent for long: nothing that happened before `seconds` (since 1970 UTC)
  /// is to be waited for any more. Hours that end at or before it are final, and all that changed is shown.
  case idle(seconds: Int64)

  public var key: [UInt8] {
    switch self {
    case .flush: Array("flush".utf8)
    case .trigger: Array("trigger".utf8)
    case .idle: Array("idle".utf8)
    }
  }

  public var value: [UInt8] {
    switch self {
    case .flush, .trigger: []
    case .idle(let seconds): Array("\(seconds)".utf8)
    }
  }

  /// nil for a control record that this version does not know.
  public init?(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    switch String(decoding: key, as: UTF8.self) {
    case "flush": self = .flush
    case "trigger": self = .trigger
    case "idle":
      guard let seconds = Int64(String(decoding: value, as: UTF8.self)) else { return nil }
      self = .idle(seconds: seconds)
    default: return nil
    }
  }
}
