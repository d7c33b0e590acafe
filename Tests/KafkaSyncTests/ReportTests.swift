// What `moaa doctor kafka` makes of settings; MoaaTests has it beside brokers.

import Connections
import Testing

@testable import KafkaSync

@Suite struct ReportTests {
  private func kind(_ brokers: String, _ properties: [String: String]) throws -> ConnectionKind {
    try ConnectionKind(KafkaSettings(brokers: brokers).with(properties))
  }

  @Test(arguments: [
    ("localhost:1", true), ("127.0.0.1:1,[::1]:2", true), ("PLAINTEXT://localhost:1", true),
    ("127.0.0.1:1,elsewhere:1", false), ("localhost.example.org:1", false),
    ("127.example.org", false),
  ])
  func onlyThisMachineIsLocal(_ brokers: String, isLocal: Bool) throws {
    #expect(try kind(brokers, [:]).isLocal == isLocal)
  }

  @Test func connectionsAreAsLibrdkafkaUnderstandsThem() throws {
    let plain = try kind("a:1", [:])
    #expect(!plain.isEncrypted && !plain.sendsPassword && plain.login == "none")
    let password = ["sasl.mechanism": "PLAIN", "sasl.username": "u", "sasl.password": "p"]
    let clear = try kind(
      "a:1", password.merging(["security.protocol": "sasl_plaintext"]) { $1 })
    #expect(!clear.isEncrypted && clear.sendsPassword && clear.login == "SASL, PLAIN")
    let covered = try kind("a:1", password.merging(["security.protocol": "SASL_SSL"]) { $1 })
    #expect(covered.isEncrypted && covered.isVerified)
    let unverified = try kind(
      "a:1", ["security.protocol": "ssl", "enable.ssl.certificate.verification": "false"])
    #expect(unverified.isEncrypted && !unverified.isVerified)
  }

  @Test(arguments: [
    ("moaa_sync", ["cleanup.policy": "compact"], Finding.State.ok),
    ("moaa_sync", ["cleanup.policy": "delete", "retention.ms": "1"], .wrong),
    ("moaa_hours_state", ["cleanup.policy": "compact,delete", "retention.ms": "1"], .wrong),
    ("moaa_hours_parts", ["cleanup.policy": "delete", "retention.ms": "1"], .wrong),
    ("moaa_hours_state", ["cleanup.policy": "compact,delete", "retention.ms": "-1"], .ok),
    // Without compaction it would grow for good.
    ("moaa_hours_state", ["cleanup.policy": "delete", "retention.ms": "-1"], .wrong),
    ("raw_probes_results", ["cleanup.policy": "delete", "retention.ms": "1"], .ok),
    ("raw_probes_results", ["message.timestamp.type": "LogAppendTime"], .note),
  ])
  func topicsAreJudgedByWhatTheyHold(
    _ topic: String, settings: [String: String], state: Finding.State
  ) {
    let verdict = KafkaReport.verdict(on: topic, settings)
    #expect(verdict.state == state)
    #expect(verdict.words.isEmpty == (state == .ok))
  }
}
