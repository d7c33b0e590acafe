// One hash for all figures of a store, that anybody can compute again with sha256sum.

import LogStore

/// The SHA-256 of what `moaa hours --format csv` and then `moaa hours --by-station --format csv`
/// print. It depends on the figures alone: not on revisions, order of arrival, batches or restarts.
public enum ResultHash {
  /// - Parameter shouldStop: asked a thousand lines or so at a time.
  /// - Throws: `StoreError`, also `interrupted`, and `DamagedWindowState`.
  public static func compute(
    _ view: ReadTransaction, shouldStop: () -> Bool = { false }
  ) throws -> String {
    var hash = ContentHash()
    var bytes: [UInt8] = []
    for byStation in [false, true] {
      bytes += (byStation ? HourText.stationHeader : HourText.header).utf8
      let selection = HourSelection(byStation ? .everyStation : .allStationsTogether)
      try HourlyResults.forEach(selection, in: view) { result in
        HourText.append(result, byStation: byStation, to: &bytes)
        if bytes.count > 1 << 16 {
          if shouldStop() { throw StoreError.interrupted }
          hash.update(bytes)
          bytes.removeAll(keepingCapacity: true)
        }
      }
    }
    hash.update(bytes)
    return ContentHash.hexadecimal(hash.finish())
  }
}
