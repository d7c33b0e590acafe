// One connection of a feeder.

import Glibc

/// What has come from a peer, and what it is still to be told. Used by one thread.
final class Peer {
  let handle: SocketHandle
  var splitter = LineSplitter(byteCountMax: ListenOptions.lineByteCountMax)
  /// Its name; nil when it has not given one.
  var source: SourceLabel?
  /// Number of its last line.
  var lineNumber: Int64 = 0
  /// Number of the last line that it was told is stored.
  var toldLineNumber: Int64 = 0
  /// Whether its first line, which may be a greeting, has come.
  var hasBegun = false
  var badAnswerCount = 0
  /// Nothing more is read; it goes when its answers have been sent.
  private(set) var isEnding = false
  /// It does not read its answers any more. What it has sent may still be there to be read.
  private var isDeaf = false
  private var answers: [UInt8] = []

  init(_ handle: SocketHandle) { self.handle = handle }

  /// Whether the peer may be read from: it takes its answers, too.
  var isReadable: Bool { !isEnding && answers.count < ListenOptions.answerByteCountMax }

  var hasAnswers: Bool { !answers.isEmpty }

  /// Whether nothing is left to be done with it.
  var isDone: Bool { isEnding && answers.isEmpty }

  func tell(_ answer: Answer) {
    if !isDeaf { answers.append(contentsOf: answer.line.utf8) }
  }

  func end() { isEnding = true }

  /// Sends what can be sent without waiting.
  func sendAnswers() {
    while hasAnswers {
      switch answers.withUnsafeBytes({ handle.write($0) }) {
      case .bytes(let count): answers.removeFirst(count)
      case .later: return
      case .ended:
        isDeaf = true
        answers = []
      }
    }
  }
}
