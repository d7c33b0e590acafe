// What a topic holds, as `moaa log dump` shows it.

import Foundation

/// Keys, values and headers of a topic's data records, without offsets and times.
func dumpedValues(_ topic: String, _ store: String) throws -> [String] {
  let dump = try moaa("log", "dump", topic, "--format", "json", "--store", store)
  return dump.lines.filter { $0.contains(#""kind":"data""#) }.compactMap { line in
    line.range(of: #","key":"#).map { String(line[$0.lowerBound...]) }
  }
}
