// What a doctor says of a server.

/// One thing that was looked at.
public struct Finding: Sendable {
  public enum State: String, Sendable {
    case ok
    /// Works, but somebody should know.
    case note
    case wrong
  }

  public let subject: String
  public let state: State
  public let detail: String

  public init(subject: String, state: State, detail: String) {
    self.subject = subject
    self.state = state
    self.detail = detail
  }
}
