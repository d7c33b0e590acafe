// Work on pieces by several threads, whose results are taken in the order of the pieces.

import Dispatch

/// Runs a function over pieces, some of them at a time. Used by one thread.
final class OrderedWork<Piece: Sendable, Product: Sendable> {
  /// Handed over whole from one thread to the other.
  private final class Job: @unchecked Sendable {
    // Sendable by hand: the background task owns it until `done` is signalled.
    let piece: Piece
    var result: Result<Product, any Error>?
    let done = DispatchSemaphore(value: 0)

    init(_ piece: Piece) { self.piece = piece }
  }

  private let jobCountMax: Int
  private let work: @Sendable (Piece) throws -> Product
  private var jobs: [Job] = []

  init(threadCount: Int, _ work: @escaping @Sendable (Piece) throws -> Product) {
    // One more than there are threads, so that none waits for the caller.
    jobCountMax = threadCount + 1
    self.work = work
  }

  /// Begins with a piece, and takes the oldest product when enough is under way.
  func add(_ piece: Piece, _ take: (Product) throws -> Void) throws {
    if jobs.count >= jobCountMax { try takeOldest(take) }
    let job = Job(piece)
    jobs.append(job)
    DispatchQueue.global().async { [work] in
      job.result = Result { try work(job.piece) }
      job.done.signal()
    }
  }

  /// Takes all that is left.
  func finish(_ take: (Product) throws -> Void) throws {
    while !jobs.isEmpty { try takeOldest(take) }
  }

  private func takeOldest(_ take: (Product) throws -> Void) throws {
    let job = jobs.removeFirst()
    job.done.wait()
    if let product = try job.result?.get() { try take(product) }
  }
}
