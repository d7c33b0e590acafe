// What is wrong with an input file or one of its lines.

/// An input that cannot be used, or not to its end. The rest of the work goes on.
public struct InputFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file as it was named.
  public let path: String
  /// The physical line, from 1; nil when the whole file is meant.
  public let line: Int?
  public let message: String

  public init(_ path: String, line: Int? = nil, _ message: String) {
    self.path = path
    self.line = line
    self.message = message
  }

  public var description: String {
    line.map { "\(path), line \($0): \(message)" } ?? "\(path): \(message)"
  }
}
