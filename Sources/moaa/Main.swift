// The program: finds the command, runs it, and turns errors into messages and exit codes.

import Aggregation
import Arguments
import Downloads
import Glibc
import KafkaSync
import LogStore
import MySQLSync
import Pipeline

@main
struct Main {
  static var subcommands: [any Subcommand.Type] {
    [
      RunCommand.self, IngestCommand.self, AggregateCommand.self, HoursCommand.self,
      DownloadCommand.self, StationsCommand.self, BackfillCommand.self, TablesCommand.self,
      TableCommand.self,
      ReplayCommand.self, ExplainCommand.self, SyncMySQLCommand.self,
      UpCommand.self, ListenCommand.self, FeedCommand.self,
      SyncKafkaPullCommand.self, SyncKafkaPushCommand.self, WorkerCommand.self, StatusCommand.self,
      LogTopicsCommand.self, LogGroupsCommand.self,
      LogSegmentsCommand.self, LogDumpCommand.self, LogTailCommand.self, LogVerifyCommand.self,
      LogRetainCommand.self, ResetCommand.self, SampleCommand.self, DoctorCommand.self,
      DoctorMySQLCommand.self, DoctorKafkaCommand.self, CompletionsCommand.self, ManCommand.self,
    ]
  }

  static let commands = CommandSet(
    program: "moaa", summary: "Hourly weather from NOAA files, on a log of its own.",
    version: Version.text, commands: subcommands.map { $0.declaration },
    environment: [
      ("MOAA_STORE", "The store file, where --store does not name one."),
      (MySQLOptions.environmentName, "The address of the MySQL or MariaDB server."),
      (MySQLPassword.environmentName, "The password there."),
      (KafkaSettings.brokersVariable, "The brokers of Kafka."),
      (
        "MOAA_KAFKA_PASSWORD, MOAA_KAFKA_KEY_PASSWORD",
        "The passwords of the user and of the key there."
      ),
      ("TMPDIR", "The folder of temporary files, else /tmp."),
    ],
    footer: """
      The store is one file: --store PATH, else MOAA_STORE, else ./moaa.store.
      Exit codes: 0 done; 1 done, but part of the input was refused; 2 usage; 3 a check failed; \
      4 the store, the system, a database, Kafka or a server failed; 5 the store's hours were made under another rule; \
      130 interrupted.
      """)

  static func main() {
    StandardStreams.reserve()
    Interruption.install()
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  private static func run(_ words: [String]) -> ExitCode {
    do {
      switch try commands.select(words) {
      case .help(let text):
        try StandardOutput.write(text)
        return words.isEmpty ? .usage : .success
      case .command(let command, let rest):
        guard let subcommand = subcommands.first(where: { $0.declaration.name == command.name })
        else { preconditionFailure("every declared command is in the list") }
        switch try command.parse(rest) {
        case .help:
          try StandardOutput.write(command.helpText(program: "moaa"))
          return .success
        case .arguments(let arguments):
          return try subcommand.run(arguments)
        }
      }
    } catch {
      return report(error)
    }
  }

  private static func report(_ error: any Error) -> ExitCode {
    Message.endTransient()
    switch error {
    case is ReplayInterrupted, is OutputInterrupted, is BackfillTables.Stopped: return .interrupted
    case let error as UsageError:
      Message.error(error.message)
      Message.plain("See `moaa --help` or `moaa COMMAND --help`.")
      return .usage
    case let error as DownloadFailure:
      Message.error(error.description)
      switch error.kind {
      case .notThere: return .inputRefused
      // What a server refuses is reported; this is a rule of ours.
      case .refused: return .usage
      default: return .failure
      }
    case let error as JobRuleChanged:
      Message.error(error.description)
      return .ruleChanged
    case let error as StoreError where error.code == .interrupted: return .interrupted
    case let error as StoreError:
      Message.error(error.description)
      return error.code == .damaged ? .checkFailed : .failure
    case let error as DamagedWindowState:
      Message.error(
        "\(error.description). Make the hours again from the log: `moaa reset hourly --to earliest`"
      )
      return .checkFailed
    default:
      Message.error("\(error)")
      return .failure
    }
  }
}

enum Version {
  static let text = "0.1.0"
}
