// Where settings come from, what is refused, and that secrets are not shown.

import CRdKafka
import Foundation
import Glibc
import Testing

@testable import KafkaSync

@Suite struct SettingsTests {
  private let folder = Folder()

  /// A folder that goes with the test.
  private final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "moaa-kafka-settings-" + UUID().uuidString

    init() {
      try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func write(_ text: String, mode: mode_t = 0o600) throws -> String {
    let file = folder.path + "/" + UUID().uuidString
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    chmod(file, mode)
    return file
  }

  private func load(
    _ text: String, brokers: String? = "a:1", mode: mode_t = 0o600,
    environment: [String: String] = [:]
  ) throws -> KafkaSettings {
    try KafkaSettings.load(
      brokers: brokers, file: write(text, mode: mode), environment: { environment[$0] })
  }

  private func refusal(_ body: () throws -> KafkaSettings) -> String {
    do {
      _ = try body()
      return "(nothing was refused)"
    } catch {
      #expect((error as? KafkaFailure)?.kind == .setup)
      return String(describing: error)
    }
  }

  // MARK: Where they come from

  @Test(arguments: ["a:1", "a:1,b:2", "a", "[::1]:9092", "PLAINTEXT://a:1"])
  func listsOfBrokersAreTaken(_ brokers: String) throws {
    #expect(try KafkaSettings(brokers: brokers).properties["bootstrap.servers"] == brokers)
  }

  @Test(arguments: ["", ",", "a:1,", ",a:1", "a:1,,b:2", "a:1, b:2", "x=y"])
  func whatIsNoListOfBrokersIsRefused(_ brokers: String) throws {
    let words = refusal { try KafkaSettings(brokers: brokers) }
    #expect(words.contains("'\(brokers)' is no list of brokers"))
    #expect(words.contains("HOST:PORT"))
  }

  @Test func theCommandLineComesBeforeTheEnvironmentAndThatBeforeTheFile() throws {
    let file = "bootstrap.servers=file:3\n"
    let environment = ["MOAA_KAFKA": "environment:2"]
    #expect(
      try load(file, brokers: "line:1", environment: environment).brokers == "line:1")
    #expect(
      try load(file, brokers: nil, environment: environment).brokers == "environment:2")
    #expect(try load(file, brokers: nil).brokers == "file:3")
    #expect(try load("metadata.broker.list=old:4", brokers: nil).brokers == "old:4")
    #expect(try load(file, brokers: nil, environment: ["MOAA_KAFKA": ""]).brokers == "file:3")
    let settings = try load(file, brokers: "line:1")
    #expect(settings.properties == ["bootstrap.servers": "line:1"])
  }

  @Test func withoutBrokersItSaysWhereToNameThem() throws {
    let words = refusal {
      try KafkaSettings.load(brokers: nil, file: nil, environment: { _ in nil })
    }
    for place in ["--brokers", "MOAA_KAFKA", "--kafka-config"] { #expect(words.contains(place)) }
  }

  @Test func secretsOfTheEnvironmentComeBeforeThoseOfTheFile() throws {
    let text = "sasl.password=infile\n"
    #expect(try load(text).properties["sasl.password"] == "infile")
    #expect(
      try load(text, environment: ["MOAA_KAFKA_PASSWORD": "inenv"]).properties["sasl.password"]
        == "inenv")
    #expect(
      try load(text, environment: ["MOAA_KAFKA_PASSWORD": ""]).properties["sasl.password"]
        == "infile")
    #expect(
      try load("", environment: ["MOAA_KAFKA_KEY_PASSWORD": "k"]).properties["ssl.key.password"]
        == "k")
  }

  // MARK: The file

  @Test(arguments: [
    ("client.id=x", "x"), ("client.id = x \r\n", "x"), ("\t client.id\t=\tx y\n", "x y"),
    ("# client.id=no\n\n  # more\nclient.id=a=b#c", "a=b#c"), ("client.id=first\n\n", "first"),
  ])
  func linesAreNamesAndValues(_ text: String, value: String) throws {
    #expect(try load(text).properties["client.id"] == value)
  }

  @Test(arguments: [
    ("client.id=x\n\nnonsense\n", 3, "there is no '='"),
    ("\r\nno.such.property=1\r\n", 2, "librdkafka has no property no.such.property"),
    ("# c\nsocket.timeout.ms=never", 2, "socket.timeout.ms"),
    ("security.protocol=SLL", 1, "security.protocol"), ("=1", 1, "no property"),
    ("client.id=x\nretries=1\nclient.id=y", 3, "client.id stands in line 1 already"),
  ])
  func aFaultIsNamedByItsLine(_ text: String, line: Int, fault: String) throws {
    let file = try write(text)
    let words = refusal {
      try KafkaSettings.load(brokers: "a:1", file: file, environment: { _ in nil })
    }
    #expect(words.contains("\(file), line \(line): "), "\(words)")
    #expect(words.contains(fault), "\(words)")
  }

  @Test(arguments: [
    "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store", "auto.offset.reset",
    "enable.partition.eof", "isolation.level", "group.id", "group.instance.id",
    "enable.idempotence", "acks", "request.required.acks", "transactional.id", "partitioner",
    "partition.assignment.strategy", "delivery.report.only.error", "test.mock.num.brokers",
  ])
  func whatMoaaDependsOnCannotBeSet(_ name: String) throws {
    let words = refusal { try load("\n\(name)=1\n") }
    #expect(words.contains("line 2: \(name) cannot be set: "), "\(words)")
    #expect(words.contains("Remove the line"))
  }

  @Test func aFileThatIsNotThereIsNamed() throws {
    let words = refusal {
      try KafkaSettings.load(brokers: "a:1", file: "/nowhere/at/all", environment: { _ in nil })
    }
    #expect(words.contains("there is no file /nowhere/at/all"))
  }

  // MARK: Secrets

  private static let secrets = [
    "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem",
    "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config",
  ]

  @Test(arguments: secrets, [0o640, 0o604, 0o644] as [mode_t])
  func aSecretInAFileThatOthersCanReadIsRefused(_ name: String, mode: mode_t) throws {
    let words = refusal { try load("\(name)=hunter2\n", mode: mode) }
    #expect(words.contains("others can read"), "\(words)")
    #expect(words.contains("chmod 600"))
    #expect(!words.contains("hunter2"))
  }

  @Test func othersMayReadAFileWithoutSecrets() throws {
    #expect(try load("client.id=x", mode: 0o644).properties["client.id"] == "x")
    #expect(try load("sasl.password=x", mode: 0o600).properties["sasl.password"] == "x")
  }

  @Test func noTextOfThemShowsASecret() throws {
    let settings = try load("sasl.password=hunter2\nssl.key.password=hunter3\n")
    var dumped = ""
    dump(settings, to: &dumped)
    for text in ["\(settings)", String(reflecting: settings), dumped] {
      #expect(!text.contains("hunter"), "\(text)")
    }
  }

  @Test func librdkafkaGetsWhatWasSetAndWhatMoaaSetsAboveThat() throws {
    let settings = try load("client.id=x\nlinger.ms=7\n")
    let conf = try settings.makeConf(["linger.ms": "5"])
    defer { rd_kafka_conf_destroy(conf) }
    #expect(KafkaSettings.value(of: "client.id", in: conf) == "x")
    #expect(KafkaSettings.value(of: "linger.ms", in: conf) == "5")
    #expect(KafkaSettings.value(of: "bootstrap.servers", in: conf) == "a:1")
  }

  /// Also by librdkafka's other name of a property.
  @Test(arguments: [
    ("linger.ms=7", "linger.ms", "5"), ("queue.buffering.max.ms=7", "linger.ms", "5"),
    ("max.partition.fetch.bytes=7", "fetch.message.max.bytes", "4194304"),
  ])
  func whatWasSetStandsAboveDefaults(_ line: String, name: String, value: String) throws {
    for (text, expected) in [(line, "7"), ("", value)] {
      let conf = try load(text).makeConf([:], defaults: [name: value])
      defer { rd_kafka_conf_destroy(conf) }
      #expect(Double(KafkaSettings.value(of: name, in: conf)) == Double(expected))
    }
  }
}
