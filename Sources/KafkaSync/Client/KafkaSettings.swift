// Which brokers, and how to reach them.

import CRdKafka
import Connections
import Glibc

/// librdkafka's own properties, from a file, the environment and the command line. Never shown:
/// some are secrets.
public struct KafkaSettings: Sendable {
  /// `HOST:PORT`, with commas between.
  public let brokers: String
  /// By name; a later one replaces an earlier one.
  private(set) var properties: [String: String] = [:]

  /// - Throws: a setup failure when it is not a list of brokers.
  public init(brokers: String) throws(KafkaFailure) {
    let isList = brokers.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && !$0.contains { $0.isWhitespace || $0 == "=" }
    }
    guard isList else {
      throw .own(
        "'\(brokers)' is no list of brokers", remedy: "Give it as HOST:PORT, with commas between.")
    }
    self.brokers = brokers
    properties["bootstrap.servers"] = brokers
  }

  /// What moaa depends on, and so sets itself.
  private static let ownProperties: [String: String] = [
    "enable.auto.commit": "moaa keeps its positions itself",
    "auto.commit.enable": "moaa keeps its positions itself",
    "enable.auto.offset.store": "moaa keeps its positions itself",
    "auto.offset.reset": "moaa stops where records are missing",
    "enable.partition.eof": "moaa has to know where a partition ends",
    "isolation.level": "moaa reads committed records only",
    "group.id": "it is an option of the commands that have one",
    "group.instance.id": "moaa names its members itself",
    "enable.idempotence": "moaa always has it on",
    "acks": "moaa always waits for all", "request.required.acks": "moaa always waits for all",
    "transactional.id": "moaa makes it of the store's id",
    "partitioner": "it is an option of the commands that have one",
    "partition.assignment.strategy": "the members of a group must all have the same",
    "delivery.report.only.error": "moaa has to know what was delivered",
    "log.queue": "moaa reads librdkafka's log in its own way",
    "test.mock.num.brokers": "it is for tests",
  ]

  private static let secrets: Set<String> = [
    "sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password",
    "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config",
  ]

  public static let brokersVariable = "MOAA_KAFKA"
  /// The environment variables that secrets may come from, and their properties.
  static let secretVariables = [
    ("MOAA_KAFKA_PASSWORD", "sasl.password"), ("MOAA_KAFKA_KEY_PASSWORD", "ssl.key.password"),
  ]

  /// Settings from all places.
  /// - Parameters:
  ///   - brokers: of the command line; nil: those of the environment, else of the file.
  ///   - file: `NAME=VALUE` lines, `#` before comments.
  /// - Throws: a setup failure that names file and line.
  public static func load(
    brokers: String?, file: String?,
    environment: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) throws(KafkaFailure) -> KafkaSettings {
    var inFile: [String: String] = [:]
    if let file { inFile = try read(file) }
    // A variable that is set to nothing is one that is not set.
    func variable(_ name: String) -> String? {
      environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    guard
      let brokers = brokers ?? variable(brokersVariable) ?? inFile["bootstrap.servers"]
        ?? inFile["metadata.broker.list"]
    else {
      throw .own(
        "no broker is named",
        remedy: "Give --brokers HOST:PORT, \(brokersVariable), or bootstrap.servers in the file of "
          + "--kafka-config.")
    }
    var settings = try KafkaSettings(brokers: brokers)
    inFile["metadata.broker.list"] = nil
    inFile["bootstrap.servers"] = nil
    settings.properties.merge(inFile) { _, new in new }
    for (name, property) in secretVariables {
      if let value = variable(name) { settings.properties[property] = value }
    }
    return settings
  }

  /// A number that was set, as of bytes or milliseconds; nil when it was not.
  func number(_ name: String) -> Int? { properties[name].flatMap { Int($0) } }

  /// For tests, and what moaa sets itself.
  func with(_ properties: [String: String]) -> KafkaSettings {
    var settings = self
    settings.properties.merge(properties) { _, new in new }
    return settings
  }

  private static func read(_ path: String) throws(KafkaFailure) -> [String: String] {
    let file: SecretFile
    do throws(SecretFile.Fault) {
      guard let found = try SecretFile(path) else {
        throw SecretFile.Fault(message: "there is no file \(path)", remedy: "")
      }
      file = found
    } catch {
      throw .own(error.message, remedy: error.remedy)
    }
    var properties: [String: String] = [:]
    var lineNumbers: [String: Int] = [:]
    let conf = rd_kafka_conf_new()
    defer { rd_kafka_conf_destroy(conf) }
    let lines = file.text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let text = trimmed(line)
      if text.isEmpty || text.hasPrefix("#") { continue }
      let place = "\(path), line \(index + 1)"
      guard let sign = text.firstIndex(of: "=") else {
        throw .own(
          "\(place): there is no '='", remedy: "Write librdkafka's properties as NAME=VALUE.")
      }
      let name = String(trimmed(text[..<sign]))
      let value = String(trimmed(text[text.index(after: sign)...]))
      if let reason = ownProperties[name] {
        throw .own("\(place): \(name) cannot be set: \(reason)", remedy: "Remove the line.")
      }
      if let number = lineNumbers.updateValue(index + 1, forKey: name) {
        throw .own(
          "\(place): \(name) stands in line \(number) already", remedy: "Remove one of them.")
      }
      if secrets.contains(name) {
        do throws(SecretFile.Fault) {
          try file.refuseIfOthersCanRead()
        } catch {
          throw .own(error.message, remedy: error.remedy)
        }
      }
      if let fault = refusal(of: name, value, by: conf) {
        throw .own("\(place): \(fault)", remedy: "")
      }
      properties[name] = value
    }
    return properties
  }

  /// librdkafka's words about a property that it does not take; never its value.
  private static func refusal(of name: String, _ value: String, by conf: OpaquePointer?) -> String?
  {
    var words = Words()
    switch rd_kafka_conf_set(conf, name, value, &words.characters, words.characters.count) {
    case RD_KAFKA_CONF_OK: return nil
    case RD_KAFKA_CONF_UNKNOWN: return "librdkafka has no property \(name)"
    default:
      return secrets.contains(name)
        ? "librdkafka does not take the value of \(name)" : words.text
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }

  /// A configuration of librdkafka's, to be handed over to a client.
  /// - Parameters:
  ///   - own: what stands above what was set here.
  ///   - defaults: what stands below.
  func makeConf(
    _ own: [String: String], defaults: [String: String] = [:]
  ) throws(KafkaFailure) -> OpaquePointer {
    guard let conf = rd_kafka_conf_new() else {
      throw .own("librdkafka cannot be used: out of memory", remedy: "")
    }
    // One after the other, because librdkafka has two names for some.
    for layer in [defaults, properties, own] {
      for (name, value) in layer.sorted(by: { $0.key < $1.key }) {
        if let fault = Self.refusal(of: name, value, by: conf) {
          rd_kafka_conf_destroy(conf)
          throw .own(fault, remedy: "Check the file of --kafka-config.")
        }
      }
    }
    return conf
  }
}

extension KafkaSettings: CustomStringConvertible, CustomReflectable {
  public var description: String { brokers }
  public var customMirror: Mirror { Mirror(self, children: ["brokers": brokers]) }
}
