// A server on loopback that has NOAA's faces: folders of files, and the access API. It fails when it is told to.

import Foundation
import Glibc
import Synchronization

public final class NOAAServer: Sendable {
  /// A request as it came.
  public struct Request: Sendable {
    public let path: String
    public let query: [String: String]
    /// By name in lower case.
    public let headers: [String: String]
  }

  /// What happens to one request.
  public enum Fault: Sendable {
    /// A status without a file; with the seconds of a Retry-After.
    case status(Int, retryAfter: Int? = nil)
    /// The connection ends after so many bytes of the body.
    case cut(after: Int)
    /// Nothing comes after so many bytes of the body, until the server stops.
    case stall(after: Int)
    /// Content-Length says so many bytes more than there are.
    case length(more: Int)
    case redirect(to: String)
    /// A byte of the body is another one.
    case corrupt(at: Int)
    /// The whole comes, whatever range was asked for.
    case ignoreRange
    /// Another part of the file than was asked for.
    case wrongRange
    /// A page of words, with status 200.
    case words
    /// Status 200 without a body.
    case nothing
  }

  public enum ETags: Sendable, Equatable {
    case opaque, none
    /// The same for all files.
    case text(String)
  }

  private struct State {
    var files: [String: [UInt8]] = [:]
    /// Rows of the access API, header first, by station.
    var stations: [String: [String]] = [:]
    var faults: [String: [Fault]] = [:]
    var log: [Request] = []
    var etags = ETags.opaque
    var isStopped = false
  }

  private let state = Mutex(State())
  private let listener: Int32
  public let port: UInt16
  public var base: String { "http://127.0.0.1:\(port)" }

  public init() throws {
    (listener, port) = try Loopback.listening()
    let thread = Thread { [listener, weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let self, !self.state.withLock({ $0.isStopped }) else {
          close(connection)
          return
        }
        Thread { self.serve(connection) }.start()
      }
    }
    thread.start()
  }

  deinit { close(listener) }

  /// Ends accepting, and every transfer that is stalled.
  public func stop() {
    state.withLock { $0.isStopped = true }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  // MARK: What it has

  public func put(_ text: String, at path: String) { put(Array(text.utf8), at: path) }

  public func put(_ bytes: [UInt8], at path: String) {
    state.withLock { $0.files[path] = bytes }
  }

  /// Gives the access API a station's rows; each begins with the station and the moment, unquoted.
  public func putStation(_ id: String, rows: [String]) {
    state.withLock { $0.stations[id] = rows }
  }

  public func setETags(_ etags: ETags) { state.withLock { $0.etags = etags } }

  /// Faults of the next requests for a path, one each; `access` is that of the API.
  public func fail(_ path: String, _ faults: Fault...) {
    state.withLock { $0.faults[path, default: []] += faults }
  }

  public func forgetFaults() { state.withLock { $0.faults = [:] } }

  public var log: [Request] { state.withLock { $0.log } }

  public func forgetLog() { state.withLock { $0.log = [] } }

  public static let apiPath = "/access/services/data/v1"
  public static let apiHeader = "\"STATION\",\"DATE\",\"REPORT_TYPE\",\"TMP\"\n"

  // MARK: Connections

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    guard let request = Self.readRequest(connection) else { return }
    let (fault, answer) = state.withLock { state -> (Fault?, Answer) in
      state.log.append(request)
      var fault: Fault?
      if state.faults[request.path]?.isEmpty == false {
        fault = state.faults[request.path]?.removeFirst()
      }
      return (fault, Self.answer(request, fault, state))
    }
    send(answer, fault, to: connection)
  }

  private struct Answer {
    var status: Int
    var headers: [String] = []
    var body: [UInt8] = []
  }

  private static func answer(_ request: Request, _ fault: Fault?, _ state: State) -> Answer {
    switch fault {
    case .status(let status, let retryAfter):
      return Answer(
        status: status, headers: retryAfter.map { ["Retry-After: \($0)"] } ?? [],
        body: Array("<html>failed</html>".utf8))
    case .redirect(let target): return Answer(status: 302, headers: ["Location: \(target)"])
    case .words: return Answer(status: 200, body: Array("<html>We are sorry</html>\n".utf8))
    case .nothing: return Answer(status: 200)
    default: break
    }
    if request.path == apiPath { return api(request, state) }
    guard let file = state.files[request.path] else {
      return Answer(status: 404, body: Array("<html>not here</html>".utf8))
    }
    return part(of: file, request, fault, state.etags)
  }

  private static func part(
    of file: [UInt8], _ request: Request, _ fault: Fault?, _ etags: ETags
  ) -> Answer {
    var headers = ["Last-Modified: Sun, 01 Mar 2026 00:00:00 GMT", "Accept-Ranges: bytes"]
    var etag = ""
    switch etags {
    case .opaque: etag = "\"\(String(file.count, radix: 16))-\(hash(file))\""
    case .text(let text): etag = text
    case .none: break
    }
    if !etag.isEmpty { headers.append("ETag: \(etag)") }
    if !etag.isEmpty, request.headers["if-none-match"] == etag {
      return Answer(status: 304, headers: headers)
    }
    if etag.isEmpty, request.headers["if-modified-since"] != nil {
      return Answer(status: 304, headers: headers)
    }
    var ignoresRange = false
    if case .ignoreRange = fault { ignoresRange = true }
    let validator = request.headers["if-range"]
    let isSame = validator == nil || validator == etag || validator?.hasPrefix("Sun") == true
    if !ignoresRange, isSame, let range = request.headers["range"], range.hasPrefix("bytes="),
      var start = Int(range.dropFirst(6).dropLast())
    {
      guard start < file.count else {
        return Answer(status: 416, headers: ["Content-Range: bytes */\(file.count)"])
      }
      if case .wrongRange = fault { start -= 1 }
      headers.append("Content-Range: bytes \(start)-\(file.count - 1)/\(file.count)")
      return Answer(status: 206, headers: headers, body: Array(file[start...]))
    }
    return Answer(status: 200, headers: headers, body: file)
  }

  /// One answer for several stations, station by station, without a length.
  private static func api(_ request: Request, _ state: State) -> Answer {
    let query = request.query
    guard query["dataset"] == "global-hourly", query["format"] == "csv",
      let stations = query["stations"]?.split(separator: ","), stations.count <= 50,
      let start = query["startDate"], let end = query["endDate"]
    else { return Answer(status: 400, body: Array("bad call".utf8)) }
    var text = apiHeader
    for station in stations {
      for row in state.stations[String(station)] ?? [] {
        let moment = row.split(separator: ",")[1]
        if moment >= start, moment <= end {
          text +=
            row.split(separator: ",", maxSplits: 3).map { "\"\($0.filter { $0 != "\"" })\"" }
            .joined(separator: ",") + "\n"
        }
      }
    }
    return Answer(status: 200, body: Array(text.utf8))
  }

  private func send(_ answer: Answer, _ fault: Fault?, to connection: Int32) {
    var body = answer.body
    var length = body.count
    var end = body.count
    var stalls = false
    switch fault {
    case .cut(let after): end = min(after, body.count)
    case .stall(let after):
      end = min(after, body.count)
      stalls = true
    case .length(let more): length += more
    case .corrupt(let place): body[place] ^= 1
    default: break
    }
    let head =
      (["HTTP/1.1 \(answer.status) Status", "Content-Length: \(length)", "Connection: close"]
      + answer.headers).joined(separator: "\r\n") + "\r\n\r\n"
    guard Self.write(Array(head.utf8), to: connection),
      Self.write(Array(body[..<end]), to: connection)
    else { return }
    while stalls, !state.withLock({ $0.isStopped }), Self.isOpen(connection) { usleep(5000) }
  }

  /// Whether the other end has not closed.
  private static func isOpen(_ connection: Int32) -> Bool {
    var byte: UInt8 = 0
    let count = recv(connection, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count != 0
  }

  private static func write(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  private static func readRequest(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    let end = Array("\r\n\r\n".utf8)
    while !bytes.suffix(4).elementsEqual(end) {
      let count = read(connection, &piece, piece.count)
      guard count > 0 else { return nil }
      bytes += piece[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3, words[0] == "GET" else { return nil }
    let target = words[1].split(separator: "?", maxSplits: 1)
    var query: [String: String] = [:]
    for pair in (target.count > 1 ? target[1] : "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      query[String(parts[0])] = parts.count > 1 ? String(parts[1]).removingPercentEncoding : ""
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return Request(path: String(target[0]), query: query, headers: headers)
  }

  private static func hash(_ bytes: [UInt8]) -> String {
    String(
      bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 },
      radix: 16)
  }
}
