// The server, as a client that is not ours sees it.

import Metrics
import TestSupport
import Testing

@Suite struct MetricsServerTests {
  private func ask(_ port: UInt16, _ request: String) throws -> String {
    try #require(Loopback.answer(port, to: request))
  }

  @Test func theTextIsMadeForEachRequest() throws {
    nonisolated(unsafe) var count = 0
    // Asked by the server's thread, one request after the other.
    let server = try MetricsServer(port: 0) {
      count += 1
      return "asked_total \(count)\n"
    }
    for number in 1...3 {
      let answer = try ask(server.port, "GET /metrics")
      #expect(answer.hasPrefix("HTTP/1.1 200"))
      #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
      #expect(answer.hasSuffix("\r\n\r\nasked_total \(number)\n"))
    }
  }

  @Test func nothingElseIsThere() throws {
    let server = try MetricsServer(port: 0) { "" }
    #expect(try ask(server.port, "GET /").hasPrefix("HTTP/1.1 404"))
    #expect(try ask(server.port, "GET /../etc/passwd").hasPrefix("HTTP/1.1 404"))
    #expect(try ask(server.port, "DELETE /metrics").hasPrefix("HTTP/1.1 405"))
  }

  @Test func aPortThatIsTakenIsAnError() throws {
    let server = try MetricsServer(port: 0) { "" }
    let failure = #expect(throws: MetricsServer.Failure.self) {
      _ = try MetricsServer(port: server.port) { "" }
    }
    #expect(failure?.description.contains("127.0.0.1:\(server.port)") == true)
  }
}
