// What others read: aggregates by the consumer of the replaced pipeline, in Python over kcat.

import Foundation
import TestSupport
import Testing

@testable import KafkaSync

@Suite(
  .serialized,
  .enabled(
    if: PrivateBroker.isAtHand && FileManager.default.isExecutableFile(atPath: "/usr/bin/kcat"),
    "noida-db or kcat is not installed"))
struct PushInteropTests {
  /// Reads each hour as that consumer does, and prints hour, count and figures.
  private static let consumer = """
    import datetime, json, subprocess, sys
    lines = subprocess.run(["kcat", "-b", sys.argv[1], "-C", "-t", "agg_probes_results", "-e", "-q",
        "-X", "isolation.level=read_committed"], capture_output=True, check=True).stdout.splitlines()
    hours = {}
    for line in lines:
        result = json.loads(line)
        start = datetime.datetime.fromisoformat(result["datetime"]["start"].replace("Z", "+00:00"))
        for name in ("mean_tmp", "max_tmp", "min_tmp"):
            assert isinstance(result[name], (int, float)), result
        hours[start] = (result["min_tmp"], result["mean_tmp"], result["max_tmp"])
    for start in sorted(hours):
        print(f"{start:%Y-%m-%dT%H:%M:%SZ},{hours[start][0]:.1f},{hours[start][1]:.6f},{hours[start][2]:.1f}")
    """

  @Test func thePipelinesConsumerReadsTheAggregates() throws {
    let broker = try PrivateBroker()
    let folder = NSTemporaryDirectory() + "moaa-interop-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = ["--store", folder + "/s.store"]
    func moaa(_ words: [String]) throws -> String {
      let run = try MoaaRun(words, in: folder)
      let status = run.finish()
      #expect(status == 0, "\(words): \(run.errors)")
      return run.output
    }
    _ = try moaa(
      [
        "sample", "--out", folder + "/noaa", "--stations", "3", "--start", "2024-06-24", "--days",
        "3",
      ])
    let hours = try moaa(["run", folder + "/noaa", "--format", "csv"] + store)
    let json = try moaa(
      [
        "sync", "kafka", "push", "--topic", "agg_probes_results", "--brokers", broker.address,
        "--replication", "1", "--format", "json",
      ] + store)
    #expect(json.contains("\"lag_records\":0"))
    let script = folder + "/consumer.py"
    try Self.consumer.write(toFile: script, atomically: true, encoding: .utf8)
    let reader = try MoaaRun(
      [script, broker.address], in: folder, program: "/usr/bin/python3")
    #expect(reader.finish() == 0, "\(reader.errors)")
    // hour,count,min_tmp,mean_tmp,max_tmp
    let wanted = hours.split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: ",")
      return ([fields[0]] + fields[2...4]).joined(separator: ",")
    }
    #expect(wanted.count > 60)
    #expect(reader.output.split(separator: "\n").map(String.init) == wanted)
  }
}
