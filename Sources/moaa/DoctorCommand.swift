// `moaa doctor`: what runs here, what is known of it, and how the store is.

import Arguments
import Downloads
import Glibc
import LogStore
import Pipeline

enum DoctorCommand: Subcommand {
  static let declaration = Command(
    "doctor", "Check libraries, store and disk.",
    options: [CommonOptions.format, CommonOptions.store],
    discussion: "Exit code 3: something is wrong. A store is not needed.",
    examples: ["moaa doctor"])

  private struct Finding {
    let subject: String
    let state: String
    let detail: String
  }

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let path = CommonOptions.storePath(arguments)
    let findings = libraries() + storeFindings(path)
    var table = ResultTable(
      CommonOptions.outputFormat(arguments), ["subject", "state", "detail"])
    for finding in findings {
      try table.add([.text(finding.subject), .text(finding.state), .text(finding.detail)])
    }
    try table.finish()
    return findings.contains { $0.state == "wrong" } ? .checkFailed : .success
  }

  private static func libraries() -> [Finding] {
    let number = LibraryVersions.sqliteNumber
    // sqlite.org/wal.html, "The WAL-Reset Bug": 3.7.0 to 3.51.2, but for the fixed branches.
    let hasWALResetFault = number >= 3_007_000 && number < 3_051_003
    return [
      Finding(subject: "moaa", state: "ok", detail: Version.text),
      Finding(
        subject: "SQLite", state: "ok",
        detail: LibraryVersions.sqlite
          + (hasWALResetFault
            ? ": has the WAL-reset fault of 3.7.0 to 3.51.2; moaa's store lock keeps clear of it, "
              + "other programs must not write to the store" : "")),
      Finding(subject: "zstd", state: "ok", detail: LibraryVersions.zstandard),
      Finding(subject: "zlib", state: "ok", detail: InputLibraries.zlib),
      Finding(subject: "xxHash", state: "ok", detail: InputLibraries.xxHash),
      Finding(subject: "libcrypto", state: "ok", detail: LibraryVersions.crypto),
      Finding(subject: "libcurl", state: "ok", detail: DownloadLibraries.curl),
    ]
  }

  private static func storeFindings(_ path: String) -> [Finding] {
    guard access(path, F_OK) == 0 else {
      return [Finding(subject: "store", state: "none", detail: "\(path) does not exist yet")]
    }
    do {
      let store = try LogStore.open(path, StoreOptions(mode: .readOnly))
      defer { store.close() }
      let footprint = try store.footprint()
      let report = try store.verify(deep: false)
      var findings = [
        Finding(
          subject: "store", state: report.faults.isEmpty ? "ok" : "wrong",
          detail: "\(path): \(report.topicCount) topics, \(report.segmentCount) segments, "
            + "\(NumberText.grouped(report.recordCount)) records; `moaa log verify --deep` reads all"
        ),
        Finding(
          subject: "size", state: "ok",
          detail: "\(NumberText.bytes(footprint.fileByteCount)), of that "
            + "\(NumberText.bytes(footprint.freeByteCount)) free for reuse; WAL "
            + NumberText.bytes(footprint.walByteCount)),
        diskFinding(footprint),
      ]
      findings += report.faults.map { Finding(subject: "store", state: "wrong", detail: $0) }
      findings += try store.read { view in
        try view.checkpoints().map { checkpoint in
          let lag = try view.topic(checkpoint.topic).nextOffset - checkpoint.nextOffset
          return Finding(
            subject: "group \(checkpoint.group)", state: lag == 0 ? "ok" : "behind",
            detail: "lag \(NumberText.grouped(lag)) in \(checkpoint.topic)")
        }
      }
      return findings
    } catch {
      return [Finding(subject: "store", state: "wrong", detail: "\(error)")]
    }
  }

  private static func diskFinding(_ footprint: StoreFootprint) -> Finding {
    // A commit needs room for its pages in the WAL, and a WAL checkpoint for the same again.
    let isTight = footprint.diskFreeByteCount < 256_000_000
    return Finding(
      subject: "disk", state: isTight ? "tight" : "ok",
      detail: "\(NumberText.bytes(footprint.diskFreeByteCount)) free")
  }
}
