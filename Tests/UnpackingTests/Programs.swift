// The real gzip and tar, whose files the readers are tested with.

import Foundation

/// A folder of its own for a test, removed with the value.
final class Folder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("moaa-unpacking-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  /// What a program, run in the folder, writes to standard output.
  func output(_ arguments: String...) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = url
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ProgramFailed(arguments: arguments, status: process.terminationStatus)
    }
    return bytes
  }
}

struct ProgramFailed: Error {
  let arguments: [String]
  let status: Int32
}

func gzip(_ bytes: [UInt8], level: Int = 6) throws -> [UInt8] {
  let folder = try Folder()
  try folder.write("file", bytes)
  return try folder.output("gzip", "-\(level)", "-c", "file")
}
