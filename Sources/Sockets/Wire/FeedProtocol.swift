// The words of the stream socket. Lines of text in both directions, each ended by a newline:
//
//   → source NAME          first line, optional: who is sending, so that it can go on after a break
//   ← at N HASH            so many of its lines are stored, and the chain of hashes over them
//   → {"STATION":…}        one observation a line, numbered from N + 1, without a source from 1
//   ← bad N REASON TEXT    line N is no observation; it is kept in the topic quarantine
//   ← ok N                 every line up to N is stored
//   ← error TEXT           nothing more is taken from this connection

import CXXHash

/// A sender's name for what it sends.
public struct SourceLabel: Hashable, Sendable {
  public let text: String
  static let byteCountMax = 120

  /// nil unless it is 1 to 120 ASCII letters, digits or `._:/-`.
  public init?(_ text: String) {
    let others = Array("._:/-".utf8)
    guard (1...Self.byteCountMax).contains(text.utf8.count),
      text.utf8.allSatisfy({
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
          || others.contains($0)
      })
    else { return nil }
    self.text = text
  }

  private static let contentPrefix = "feed-"

  /// The name of a feed that was given none: by everything that it sends.
  init?(content: LineChain) { self.init(Self.contentPrefix + content.text) }

  /// Whether it is such a name.
  var isOfContent: Bool { text.hasPrefix(Self.contentPrefix) }
}

/// What was sent so far, known by its content: XXH3 over each line, seeded by the one before.
public struct LineChain: Hashable, Sendable {
  public private(set) var value: UInt64

  public init(value: UInt64 = 0) { self.value = value }

  public mutating func add(_ line: UnsafeRawBufferPointer) {
    value = XXH3_64bits_withSeed(line.baseAddress, line.count, value)
  }

  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  init?(text: Substring) {
    guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else { return nil }
    self.value = value
  }
}

/// How far a source has come.
struct SourceReach: Hashable {
  var lineCount: Int64 = 0
  var chain = LineChain()
}

/// What the listener says.
enum Answer: Hashable {
  case at(SourceReach)
  case stored(lineNumber: Int64)
  case bad(lineNumber: Int64, String)
  case error(String)

  var line: String {
    switch self {
    case .at(let reach): "at \(reach.lineCount) \(reach.chain.text)\n"
    case .stored(let number): "ok \(number)\n"
    case .bad(let number, let text): "bad \(number) \(text)\n"
    case .error(let text): "error \(text)\n"
    }
  }

  /// nil for a line that is none.
  init?(_ line: String) {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("at", 3):
      guard let count = Int64(parts[1]), count >= 0, let chain = LineChain(text: parts[2]) else {
        return nil
      }
      self = .at(SourceReach(lineCount: count, chain: chain))
    case ("ok", 2):
      guard let number = Int64(parts[1]) else { return nil }
      self = .stored(lineNumber: number)
    case ("bad", 3):
      guard let number = Int64(parts[1]) else { return nil }
      self = .bad(lineNumber: number, String(parts[2]))
    case ("error", _): self = .error(String(line.dropFirst("error ".count)))
    default: return nil
    }
  }
}

/// The first line of a sender that has a name.
enum Greeting {
  private static let word = "source "

  static func line(_ source: SourceLabel) -> String { "\(word)\(source.text)\n" }

  /// Whether a line means to be a greeting: no observation begins like that.
  static func isMeant(_ line: UnsafeRawBufferPointer) -> Bool {
    line.starts(with: Array(word.utf8))
  }

  static func source(_ line: UnsafeRawBufferPointer) -> SourceLabel? {
    guard let text = String(validating: line.dropFirst(word.utf8.count), as: UTF8.self) else {
      return nil
    }
    return SourceLabel(text)
  }
}
