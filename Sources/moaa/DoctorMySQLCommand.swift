// `moaa doctor mysql`: what a server is, how it is reached, and what this user may do there.

import Arguments
import Connections
import MySQLSync

enum DoctorMySQLCommand: Subcommand {
  static let declaration = Command(
    "doctor mysql",
    "Check a MySQL or MariaDB server: version, TLS, ways to log in, rights, settings.",
    options: MySQLOptions.connection + [CommonOptions.format],
    discussion: "Changes nothing there. Exit code 3: something is wrong.",
    examples: ["moaa doctor mysql --mysql mysql://moaa@db.example.org/weather"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let settings = try MySQLOptions.settings(arguments)
    var table = ResultTable(
      CommonOptions.outputFormat(arguments), ["subject", "state", "detail"])
    var isWrong = false
    func add(_ finding: Finding) throws {
      if finding.state == .wrong { isWrong = true }
      try table.add([
        .text(finding.subject), .text(finding.state.rawValue), .text(finding.detail),
      ])
    }
    do {
      let connection = try MySQLConnection(settings)
      for finding in try TargetReport(connection, address: settings.address).findings {
        try add(finding)
      }
    } catch let failure as MySQLFailure {
      isWrong = true
      try table.add([.text("connection"), .text("wrong"), .text(failure.description)])
      // A way to log in that is missing here may be the reason.
      for finding in TargetReport.plugins() { try add(finding) }
    }
    try table.finish()
    return isWrong ? .checkFailed : .success
  }
}
