// Fetches files: a few at once, with further attempts where these may help.
//
// What must hold: what is missing is told apart from a server that fails; a server that keeps failing is
// left alone; and whenever the process dies, the cache holds whole files and parts that can be continued.

import CCurl
import Connections
import Glibc

final class Fetcher {
  /// Files that fail one after the other, each with all its attempts, before the rest is not tried.
  static let failureCountMax = 3

  private let cache: DownloadCache
  private let settings: HTTPSettings
  private let events: FetchEvents
  private let client = HTTPClient()
  private var jobs: [ObjectIdentifier: Job] = [:]
  private(set) var wasInterrupted = false
  private var failuresInARow = 0
  /// The moment when the server may be asked again, after it asked to wait.
  private var quietUntil = 0.0

  private final class Job {
    let index: Int
    let wanted: WantedFile
    let partial: PartialFile
    var backoff: Backoff
    var attemptsLeft: Int
    /// Bytes that came over the network.
    var byteCount: Int64 = 0
    /// Not to be begun before.
    var earliest = 0.0
    /// The longest part so far: who gets further may try as often again.
    var longestPart: Int64 = 0
    /// The hash of a body that was not what its ETag says.
    var contradiction: String?

    init(_ index: Int, _ wanted: WantedFile, _ partial: PartialFile, _ settings: HTTPSettings) {
      self.index = index
      self.wanted = wanted
      self.partial = partial
      backoff = Backoff(firstSeconds: settings.firstWaitSeconds, longestSeconds: 60)
      attemptsLeft = settings.retryCount
    }
  }

  init(_ cache: DownloadCache, _ settings: HTTPSettings, _ events: FetchEvents) {
    self.cache = cache
    self.settings = settings
    self.events = events
  }

  /// Fetches files.
  /// - Returns: how each ended, in the order given. Those that an interruption or a failing server left over
  ///   are not tried.
  /// - Throws: a failure of this machine, which ends everything.
  func fetch(_ files: [WantedFile]) throws(DownloadFailure) -> [FetchOutcome] {
    var outcomes = [FetchOutcome](
      repeating: .failed(DownloadFailure(.notTried, "not tried")), count: files.count)
    var next = 0
    var waiting: [Job] = []
    while !shouldEnd {
      let now = Self.now()
      while client.activeCount < HTTPSettings.connectionCountMax, now >= quietUntil {
        if let place = waiting.firstIndex(where: { $0.earliest <= now }) {
          start(waiting.remove(at: place))
        } else if next < files.count {
          let wanted = files[next]
          let partial = try PartialFile(path: cache.absolute(wanted.path), url: wanted.url)
          start(Job(next, wanted, partial, settings))
          next += 1
        } else {
          break
        }
      }
      if client.activeCount == 0, waiting.isEmpty, next == files.count { break }
      for (transfer, code) in client.poll(milliseconds: 50) {
        guard let job = jobs.removeValue(forKey: ObjectIdentifier(transfer)) else {
          preconditionFailure("every transfer has its job")
        }
        job.byteCount += transfer.byteCount
        do throws(DownloadFailure) {
          let outcome = try finish(job, transfer, code)
          failuresInARow = 0
          outcomes[job.index] = outcome
          events.onFile(outcome, job.wanted.url)
        } catch {
          if error.kind == .local { throw error }
          if let again = retry(job, after: error) {
            waiting.append(again)
          } else {
            outcomes[job.index] = .failed(error)
            events.onFile(outcomes[job.index], job.wanted.url)
          }
        }
      }
      events.onBytes(client.byteCount)
    }
    return outcomes
  }

  private var shouldEnd: Bool {
    if events.shouldStop() { wasInterrupted = true }
    return wasInterrupted || failuresInARow >= Self.failureCountMax
  }

  // MARK: One file

  private func start(_ job: Job) {
    job.partial.prepare()
    var headers = job.partial.rangeHeaders
    if headers.isEmpty, job.wanted.asksForChanges, let entry = cache.entry(job.wanted.path) {
      if !entry.etag.isEmpty {
        headers.append("If-None-Match: \(entry.etag)")
      } else if !entry.lastModified.isEmpty {
        headers.append("If-Modified-Since: \(entry.lastModified)")
      }
    }
    let transfer = HTTPTransfer(
      url: job.wanted.url, headers: headers, receiver: job.partial, settings)
    jobs[ObjectIdentifier(transfer)] = job
    client.start(transfer)
  }

  private func finish(
    _ job: Job, _ transfer: HTTPTransfer, _ code: CURLcode
  ) throws(DownloadFailure) -> FetchOutcome {
    let response: HTTPResponse
    do throws(DownloadFailure) {
      response = try transfer.finish(code)
    } catch {
      if error.kind == .notThere { job.partial.remove() }
      if let failure = job.partial.failure { throw failure }
      // A service that is not there says nothing of the stations that it was asked for.
      if error.kind == .notThere, !job.wanted.isKept {
        throw DownloadFailure(.refused, "there is no access service: \(error)")
      }
      throw error
    }
    switch response.status {
    case 304:
      job.partial.remove()
      guard var entry = cache.entry(job.wanted.path) else {
        throw DownloadFailure(.sick, "the server says that nothing changed: \(job.wanted.url)")
      }
      entry.checkedSeconds = events.now()
      try cache.add(entry)
      return .unchanged
    case 416:
      // The part is as long as the file, or longer.
      try job.partial.beginAnew()
      throw DownloadFailure(.sick, "the server has no more of the file: \(job.wanted.url)")
    default: return try keep(job)
    }
  }

  private func keep(_ job: Job) throws(DownloadFailure) -> FetchOutcome {
    let whole = try job.partial.finish()
    if whole.contradictsETag, job.contradiction != whole.sha256 {
      // The same bytes twice: the ETag is no hash of them.
      job.contradiction = whole.sha256
      try job.partial.beginAnew()
      throw DownloadFailure(
        .damaged, "what came does not have the MD5 that the server names: \(job.wanted.url)")
    }
    if let fault = try job.wanted.fault(whole.path) {
      try job.partial.beginAnew()
      throw DownloadFailure(.damaged, "\(fault): \(job.wanted.url)")
    }
    let entry = ManifestEntry(
      path: job.wanted.path,
      content: ManifestEntry.Content(byteCount: whole.byteCount, sha256: whole.sha256),
      url: job.wanted.url, etag: whole.etag, lastModified: whole.lastModified,
      fetchedSeconds: events.now())
    if job.wanted.isKept {
      try job.partial.rename(to: cache.absolute(job.wanted.path))
      try cache.add(entry)
    } else {
      do throws(DownloadFailure) {
        try job.wanted.take(whole.path, entry)
      } catch {
        try job.partial.beginAnew()
        throw error
      }
      job.partial.remove()
    }
    return .fetched(byteCount: job.byteCount)
  }

  /// nil when another attempt would not help.
  private func retry(_ job: Job, after failure: DownloadFailure) -> Job? {
    guard failure.kind == .sick || failure.kind == .damaged else {
      job.partial.removeIfEmpty()
      failuresInARow = 0
      return nil
    }
    if job.partial.byteCount > job.longestPart {
      job.longestPart = job.partial.byteCount
      job.attemptsLeft = settings.retryCount
    }
    let asked = failure.retryAfterSeconds ?? 0
    guard job.attemptsLeft > 0, asked <= HTTPSettings.waitSecondsMax else {
      job.partial.removeIfEmpty()
      failuresInARow += 1
      return nil
    }
    job.attemptsLeft -= 1
    let wait = max(job.backoff.nextSeconds(), Double(asked))
    job.earliest = Self.now() + wait
    // Who asks to be left alone means all of us.
    if asked > 0 { quietUntil = max(quietUntil, job.earliest) }
    events.onRetry(failure, wait)
    return job
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
