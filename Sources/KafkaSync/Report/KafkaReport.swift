// What `moaa doctor kafka` wants to know of a cluster.

import CRdKafka
import Connections

/// Findings about librdkafka, each broker, what the cluster can do, and the topics there.
///
/// What moaa needs is tried and not only asked for. One trace remains: the brokers remember the
/// transactional id `moaa.doctor`, always the same one, until it expires (a week by default). Making
/// topics is only asked for.
public struct KafkaReport: Sendable {
  public private(set) var findings: [Finding] = []
  let timeout: Duration

  /// The name of what is tried: as group, as transactional id, and as topic that is not made.
  static let ownName = "moaa.doctor"

  /// - Parameters:
  ///   - topics: those that hold records; the ones for positions and state are known here.
  ///   - timeout: how long each broker, and each thing that is tried, may take.
  public init(_ settings: KafkaSettings, topics: [String], timeout: Duration = .seconds(5)) {
    self.timeout = timeout
    addLibrary()
    do throws(KafkaFailure) {
      addEncryption(try ConnectionKind(settings))
    } catch {
      add("settings", .wrong, error.description)
      return
    }
    guard let metadata = addBrokers(settings) else { return }
    add("cluster", .ok, metadata.clusterID ?? "it gives no id")
    if let controller = metadata.controller {
      add("controller", .ok, "broker \(controller)")
    } else {
      add("controller", .note, "none is known")
    }
    addAbilities(settings, metadata)
    addTopics(settings, metadata, topics)
  }

  mutating func add(_ subject: String, _ state: Finding.State, _ detail: String) {
    findings.append(Finding(subject: subject, state: state, detail: detail))
  }

  // MARK: This machine

  private mutating func addLibrary() {
    add("librdkafka", .ok, String(cString: rd_kafka_version_str()))
    let features = Self.features
    add("features", .ok, features.joined(separator: ", "))
    let missing = ["gzip", "snappy", "lz4", "zstd"].filter { !features.contains($0) }
    if !missing.isEmpty {
      add(
        "compression", .note,
        "messages packed by \(missing.joined(separator: " or ")) cannot be read here")
    }
  }

  private static var features: [String] {
    let conf = rd_kafka_conf_new()
    defer { rd_kafka_conf_destroy(conf) }
    return KafkaSettings.value(of: "builtin.features", in: conf).split(separator: ",").map(
      String.init)
  }

  private mutating func addEncryption(_ kind: ConnectionKind) {
    switch (kind.isEncrypted, kind.isVerified) {
    case (true, true): add("TLS", .ok, "on, certificates are verified")
    case (true, false):
      add("TLS", .note, "on, but certificates are not verified: anybody can pose as a broker")
    case (false, _) where kind.isLocal:
      add("TLS", .ok, "off; the brokers asked first are on this machine")
    case (false, _) where kind.sendsPassword:
      add(
        "TLS", .wrong,
        "off, and the password is sent as it is: set security.protocol=SASL_SSL in the file of "
          + "--kafka-config")
    case (false, _): add("TLS", .note, "off: others on the way can read and change what is sent")
    }
    add("login", .ok, kind.login)
  }

  // MARK: Brokers

  /// Asks each broker alone: those named by the settings, then those that the cluster names, which is
  /// where everything but the first question goes.
  /// - Returns: what the first that answered has said.
  private mutating func addBrokers(_ settings: KafkaSettings) -> KafkaCluster.Metadata? {
    let named = settings.brokers.split(separator: ",").map { address in
      address.contains(":") ? String(address) : "\(address):9092"
    }
    var metadata: KafkaCluster.Metadata?
    for address in named {
      let answer = addBroker(address, settings, "")
      metadata = metadata ?? answer
    }
    for broker in metadata?.brokers ?? [] {
      let address = "\(broker.host):\(broker.port)"
      guard !named.contains(address) else { continue }
      _ = addBroker(
        address, settings, ", which the cluster gives as the address of broker \(broker.id)")
    }
    return metadata
  }

  private mutating func addBroker(
    _ address: String, _ settings: KafkaSettings, _ origin: String
  ) -> KafkaCluster.Metadata? {
    do throws(KafkaFailure) {
      let cluster = try KafkaCluster(settings.with(["bootstrap.servers": address]))
      let metadata = try cluster.metadata(timeout: timeout)
      add("broker", .ok, "\(address)\(origin): answers")
      return metadata
    } catch {
      add("broker", .wrong, "\(address)\(origin): \(Self.verdict(on: error)): \(error)")
      return nil
    }
  }

  /// A broker of another security.protocol mostly does no more than end the connection: librdkafka
  /// then names the state that this was in, or what may be the cause.
  private static func verdict(on failure: KafkaFailure) -> String {
    if failure.kind == .setup { return "is there, and refuses" }
    let endsConnection = ["SSL_HANDSHAKE", "security.protocol"].contains {
      failure.words.contains($0)
    }
    return endsConnection
      ? "is there, but ends the connection; check security.protocol" : "does not answer"
  }
}
