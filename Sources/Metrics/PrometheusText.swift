// Figures in Prometheus's text format, version 0.0.4.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/

/// Collects metrics and writes them, each with its help and type once.
public struct PrometheusText {
  public enum Kind: String, Sendable {
    /// Only rises.
    case counter
    case gauge
  }

  public private(set) var text = ""

  public init() {}

  /// Adds a metric with its samples; nothing when there are none.
  /// - Parameters:
  ///   - name: letters, digits and `_`; a counter's ends with `_total`.
  ///   - samples: labels, in the order in which they are written, and the value.
  public mutating func add(
    _ name: String, _ kind: Kind, _ help: String,
    _ samples: [(labels: [(String, String)], value: Double)]
  ) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      text += name
      if !sample.labels.isEmpty {
        let labels = sample.labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
        text += "{\(labels.joined(separator: ","))}"
      }
      text += " \(Self.number(sample.value))\n"
    }
  }

  public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    add(name, kind, help, [([], value)])
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    // A count is written as one.
    if let whole = Int64(exactly: value) { return "\(whole)" }
    return "\(value)"
  }
}
