// The options of whoever takes observations through sockets, declared and read in one place.

import Arguments
import Glibc
import Sockets

enum ListenOptionSet {
  static let declarations: [Option] = [
    .value(
      "datagram", "PATH",
      "Take datagrams at this unix socket, too: one observation or several lines each. Nobody "
        + "acknowledges them: what is sent while nobody listens, or while the store fails, is lost."
    ),
    .value(
      "socket-mode", "MODE",
      "The rights of the sockets, in octal. A folder that is missing is made for you alone.",
      default: "0600"),
    .value(
      "trigger", "DURATION", "How often changed hours are shown while observations come.",
      default: "5s"),
    .value(
      "idle", "DURATION",
      "After so long without an observation, hours before the newest one are final without waiting for "
        + "stragglers; `never` waits.", default: "60s"),
    .value(
      "linger", "MILLISECONDS",
      "How long a line may wait for others that are committed with it.", default: "20"),
  ]

  /// - Parameter path: of the stream socket.
  static func read(_ arguments: ParsedArguments, path: String?) throws -> ListenOptions {
    var options = ListenOptions()
    options.stream = try path.map { try socketPath($0) }
    options.datagram = try arguments.value("datagram").map { try socketPath($0) }
    if let mode = try arguments.value(
      "socket-mode", expecting: "the rights of a file in octal, such as 0660",
      { text in UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil } })
    {
      options.mode = mode
    }
    let expected = "a duration such as 5s or 1m"
    if let seconds = try arguments.value(
      "trigger", expecting: expected, { Duration.seconds($0).flatMap { $0 > 0 ? $0 : nil } })
    {
      options.triggerMilliseconds = seconds * 1000
    }
    if arguments.value("idle") == "never" {
      options.idleMilliseconds = nil
    } else if let seconds = try arguments.value(
      "idle", expecting: "\(expected), or never",
      { Duration.seconds($0).flatMap { $0 > 0 ? $0 : nil } })
    {
      options.idleMilliseconds = seconds * 1000
    }
    if let milliseconds = try arguments.integer("linger", in: 0...10_000) {
      options.lingerMilliseconds = milliseconds
    }
    return options
  }

  static func socketPath(_ text: String) throws -> SocketPath {
    do {
      return try SocketPath(text)
    } catch {
      throw UsageError(message: error.description)
    }
  }
}
