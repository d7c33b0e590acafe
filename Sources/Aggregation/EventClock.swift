// How far event time has come, and with it the watermark.

/// The clock of a stream's event time. It never goes back.
public struct EventClock: Hashable, Sendable {
  /// Greatest event time accepted, in seconds since 1970 UTC; nil: nothing was accepted yet.
  public var latestEventSeconds: Int64?
  /// Greatest event time that a control record `idle` has named: nothing before it is to be waited
  /// for any more, so the watermark is not behind it, delay or not.
  public var idleSeconds: Int64?

  public init(latestEventSeconds: Int64? = nil, idleSeconds: Int64? = nil) {
    self.latestEventSeconds = latestEventSeconds
    self.idleSeconds = idleSeconds
  }

  /// The watermark, in seconds since 1970 UTC; nil before the first record.
  /// - Parameter delaySeconds: how far it stays behind the greatest event time.
  public func watermarkSeconds(delaySeconds: Int64) -> Int64? {
    guard let latest = latestEventSeconds.map({ $0 - delaySeconds }) else { return idleSeconds }
    return max(latest, idleSeconds ?? latest)
  }

  public mutating func note(eventSeconds: Int64) {
    latestEventSeconds = max(latestEventSeconds ?? eventSeconds, eventSeconds)
  }

  public mutating func note(idleSeconds seconds: Int64) {
    idleSeconds = max(idleSeconds ?? seconds, seconds)
  }

  // MARK: As text

  /// `LATEST IDLE`, each `-` when there is none.
  public var text: String {
    "\(latestEventSeconds.map(String.init) ?? "-") \(idleSeconds.map(String.init) ?? "-")"
  }

  /// nil when it is not what `text` makes.
  public init?(text: some StringProtocol) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    for part in parts where part != "-" && Int64(part) == nil { return nil }
    self.init(latestEventSeconds: Int64(parts[0]), idleSeconds: Int64(parts[1]))
  }
}
