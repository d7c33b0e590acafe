// What tells a topic that was made anew from the one of before.

enum Incarnation {
  /// A name that no other has: 128 random bits.
  static func random() -> String {
    (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined(separator: "-")
  }
}
