// Whether what backfill keeps decodes: what `LogStore`, which knows no partials, cannot see.

import LogStore

public enum BackfillCheck {
  /// One sentence for the first fault of each kind.
  public static func faults(in view: ReadTransaction) throws -> [String] {
    var faults: [String] = []
    for check in [
      { _ = try BackfillStore.rule(view) }, { _ = try BackfillStore.files(view) },
      { _ = try BackfillStore.contents(view) },
      { try BackfillResults.forEachStation(in: view) { _, _ in } },
    ] as [() throws -> Void] {
      do { try check() } catch let error as StoreError { faults.append(error.message) }
    }
    return Array(Set(faults)).sorted()
  }
}
