// How connections to the brokers are made, as librdkafka understands the settings.

import CRdKafka

struct ConnectionKind {
  let isEncrypted: Bool
  let isVerified: Bool
  /// In a form that who listens can use.
  let sendsPassword: Bool
  /// Whether all brokers that are named are on this machine.
  let isLocal: Bool
  /// How the user is known to the brokers.
  let login: String

  init(_ settings: KafkaSettings) throws(KafkaFailure) {
    let conf = try settings.makeConf([:])
    defer { rd_kafka_conf_destroy(conf) }
    func value(_ name: String) -> String { KafkaSettings.value(of: name, in: conf) }
    let protocolName = value("security.protocol").lowercased()
    isEncrypted = protocolName.hasSuffix("ssl")
    isVerified = value("enable.ssl.certificate.verification") == "true"
    let mechanism = value("sasl.mechanisms")
    let usesSASL = protocolName.hasPrefix("sasl")
    sendsPassword = usesSASL && ["PLAIN", "OAUTHBEARER"].contains(mechanism)
    if usesSASL {
      login = "SASL, \(mechanism)"
    } else if isEncrypted, !value("ssl.certificate.location").isEmpty {
      login = "by a certificate"
    } else {
      login = "none"
    }
    isLocal = settings.brokers.split(separator: ",").allSatisfy(Self.isOnThisMachine)
  }

  private static func isOnThisMachine(_ address: Substring) -> Bool {
    // A listener's name may stand before the host, and a port behind it.
    var host = address.split(separator: "/").last ?? address
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = host[..<colon] }
    let isIPv4 = host.allSatisfy { $0.isNumber || $0 == "." }
    return host == "localhost" || host == "[::1]" || isIPv4 && host.hasPrefix("127.")
  }
}

extension KafkaSettings {
  /// A property as librdkafka has it; empty when it is not set.
  static func value(of name: String, in conf: OpaquePointer?) -> String {
    var words = Words()
    var size = words.characters.count
    guard rd_kafka_conf_get(conf, name, &words.characters, &size) == RD_KAFKA_CONF_OK else {
      return ""
    }
    return words.text
  }
}
