// Measurements of the parts of moaa, and of plain ways to do the same, one a process. tools/bench runs
// them; each prints the seconds that its work took.

import Glibc

@main
struct Main {
  static func main() throws {
    let words = CommandLine.arguments.dropFirst().map { $0 }
    guard let mode = words.first, words.count >= 2 else { usage() }
    let path = words[1]
    let argument = words.count > 2 ? words[2] : ""
    switch mode {
    case "make-raw": try RawRecords.write(to: path, count: Int(argument) ?? 1_000_000)
    case "append-log": report(try LogBench.append(lines: try Lines(argument), to: path))
    case "append-file": report(try Yardsticks.appendFile(lines: try Lines(argument), to: path))
    case "append-rows": report(try Yardsticks.appendRows(lines: try Lines(argument), to: path))
    case "scan-log": report(try LogBench.scan(path))
    case "aggregate-log": report(try LogBench.aggregate(path))
    case "mysql" where words.count == 5, "mysql-rows" where words.count == 4:
      guard let table = MySQLBenchTable(rawValue: argument), let count = Int(words.last ?? "")
      else {
        usage()
      }
      if mode == "mysql" {
        try MySQLBench.run(path, table: table, method: words[3], count: count)
      } else {
        try MySQLBench.writeRows(to: path, table: table, count: count)
      }
    case "fold-files": try foldFiles(Array(words.dropFirst()))
    default: usage()
    }
  }

  private static func foldFiles(_ words: [String]) throws {
    var (threads, mode, block) = (2, "fold", 256)
    var paths: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--threads": threads = rest.popFirst().flatMap { Int($0) } ?? 0
      case "--mode": mode = rest.popFirst() ?? ""
      case "--block": block = rest.popFirst().flatMap { Int($0) } ?? 0
      default: paths.append(word)
      }
    }
    guard threads > 0, block > 0, !paths.isEmpty else { usage() }
    try FoldBench.run(paths, threads: threads, mode: mode, blockByteCount: block << 10)
  }

  private static func report(_ seconds: Double) { print(seconds) }

  private static func usage() -> Never {
    print(
      """
      usage: moaa-bench make-raw FILE COUNT
             moaa-bench append-log STORE FILE | append-file OUT FILE | append-rows DATABASE FILE
             moaa-bench scan-log STORE | aggregate-log STORE
             moaa-bench mysql URL wire|station arrays|multi-row|text|single COUNT
             moaa-bench mysql-rows FILE wire|station COUNT
             moaa-bench fold-files PATH... [--threads N] [--block KIB] [--mode read|decode|fold|merge]
      """)
    exit(2)
  }
}

/// Seconds that `body` takes.
func measure(_ body: () throws -> Void) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
  let start = now()
  try body()
  return now() - start
}

struct BenchError: Error, CustomStringConvertible {
  let description: String

  /// The last system error.
  static func system(_ action: String) -> BenchError {
    BenchError(description: "\(action): \(String(cString: strerror(errno)))")
  }
}
