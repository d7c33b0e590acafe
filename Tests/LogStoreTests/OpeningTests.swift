// What may lie at a path that is not a store, and how the error says so.

import Glibc
import Testing

@testable import LogStore

@Suite struct OpeningTests {
  let temporary = TemporaryStore()

  private func expectRefusal(
    _ path: String, _ mode: StoreOptions.Mode, _ code: StoreError.Code,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: StoreError.self, sourceLocation: sourceLocation) {
      try LogStore.open(path, StoreOptions(mode: mode))
    }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    let name = String(path.split(separator: "/").last ?? "")
    #expect(
      error?.message.contains(name) == true, "names the file", sourceLocation: sourceLocation)
    #expect(error?.remedy != "", "says what to do", sourceLocation: sourceLocation)
  }

  @Test func aStoreThatDoesNotExistIsMadeOnlyOnRequest() throws {
    expectRefusal(temporary.path, .existing, .notFound)
    expectRefusal(temporary.path, .readOnly, .notFound)
    #expect(temporary.size("-lock") == 0 && access(temporary.path, F_OK) != 0)
    let made = try temporary.open(.create)
    let again = try temporary.open(.existing)
    #expect(made.id == again.id && made.id.utf8.count == 32)
  }

  @Test(arguments: [StoreOptions.Mode.create, .existing, .readOnly])
  func whatIsNotAStoreIsRefusedAndLeftAlone(_ mode: StoreOptions.Mode) throws {
    expectRefusal(temporary.folder, mode, .notAStore)
    expectRefusal("/dev/null", mode, .notAStore)
    expectRefusal(temporary.folder + "/none/a.store", mode, .notFound)
    expectRefusal(temporary.folder + "/" + String(repeating: "n", count: 300), mode, .io)
    for (name, content) in [
      ("short", "hello"), ("text", String(repeating: "hello\n", count: 10_000)),
    ] {
      let path = temporary.folder + "/" + name
      try writeFile(path, Array(content.utf8))
      expectRefusal(path, mode, .notAStore)
      #expect(try readFile(path) == Array(content.utf8))
      #expect(access(path + "-lock", F_OK) != 0)
      expectRefusal(path + "/a.store", mode, .io)
    }
    let other = temporary.folder + "/other.db"
    try sqlite(other, "CREATE TABLE theirs (a)")
    expectRefusal(other, mode, .notAStore)
    #expect(access(other + "-lock", F_OK) != 0)
    let link = temporary.folder + "/link"
    symlink(temporary.folder + "/nowhere", link)
    expectRefusal(link, mode, .notFound)
  }

  @Test func anEmptyFileBecomesAStoreOnlyOnRequest() throws {
    try writeFile(temporary.path, [])
    expectRefusal(temporary.path, .existing, .notAStore)
    expectRefusal(temporary.path, .readOnly, .notAStore)
    let store = try temporary.open(.create)
    try store.append(encode("a"))
    #expect(try store.values() == ["a"])
  }

  @Test func aPathThatSQLiteCannotTakeIsRefusedByName() throws {
    var folder = temporary.folder
    while folder.utf8.count < 500 {
      folder += "/" + String(repeating: "d", count: 100)
      mkdir(folder, 0o755)
    }
    expectRefusal(folder + "/a.store", .create, .invalid)
    #expect(access(folder + "/a.store-lock", F_OK) != 0)
    for path in ["", "a\0b"] {
      #expect(throws: StoreError.self) { try LogStore.open(path) }
    }
  }

  @Test func aStoreOfALaterVersionIsLeftAlone() throws {
    try temporary.open().close()
    try sqlite(temporary.path, "PRAGMA user_version = 3")
    for mode in [StoreOptions.Mode.create, .existing, .readOnly] {
      expectRefusal(temporary.path, mode, .laterVersion)
    }
  }

  @Test func aStoreOfTheEarlierVersionIsReadAndBecomesOneOfThisVersionOnceItIsWritten() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    store.close()
    try sqlite(temporary.path, "PRAGMA user_version = 1")
    #expect(try temporary.open(.readOnly).values() == ["a"])
    #expect(try sqlite(temporary.path, "PRAGMA user_version") == [[Array("1".utf8)]])
    #expect(try temporary.open(.existing).values() == ["a"])
    #expect(try sqlite(temporary.path, "PRAGMA user_version") == [[Array("2".utf8)]])
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may read and write everything"))
  func missingRightsAreToldApart() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    store.close()
    chmod(temporary.path, 0o444)
    expectRefusal(temporary.path, .existing, .io)
    #expect(try temporary.open(.readOnly).values() == ["a"])
    chmod(temporary.path, 0)
    expectRefusal(temporary.path, .readOnly, .io)
  }

  @Test func theRollbackJournalThatAnotherProgramChoseIsTurnedBackToAWAL() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    store.close()
    try sqlite(temporary.path, "PRAGMA journal_mode = DELETE")
    #expect(try temporary.open(.readOnly).values() == ["a"])
    let again = try temporary.open()
    try again.append(encode("b"))
    #expect(try sqlite(temporary.path, "PRAGMA journal_mode") == [[Array("wal".utf8)]])
    #expect(try again.values() == ["a", "b"])
  }

  @Test func aLinkAndTheFileItselfShareOneLock() throws {
    let store = try temporary.open()
    let link = temporary.folder + "/link.store"
    symlink(temporary.path, link)
    let linked = try LogStore.open(link)
    var waited = false
    try store.withLock(.ingest, onWait: {}) {
      // Taken in another thread, it would wait; asked here, it only tells.
      #expect(linked.file.path == store.file.path)
      let lock = try StoreLock(storePath: linked.file.path)
      waited = !lock.tryLock(.ingest)
      #expect(lock.tryLock(.write))
    }
    #expect(waited)
    #expect(access(link + "-lock", F_OK) != 0)
  }

  @Test func aRemovedLockFileStopsWritesInsteadOfExcludingNobody() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    unlink(temporary.path + "-lock")
    let error = #expect(throws: StoreError.self) { try store.append(encode("b")) }
    #expect(error?.code == .io)
    #expect(try store.values() == ["a"])
    let again = try temporary.open()
    try again.append(encode("c"))
    #expect(try again.values() == ["a", "c"])
  }

  @Test func openingAndRefusingDoesNotDropTheLocksOfAnOpenStore() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    // Each of these looks at the file of a store that is open in this process.
    try temporary.open(.readOnly).close()
    try temporary.open(.existing).close()
    _ = try store.footprint()
    // SQLite in another process would now, as the last user it knows of, remove the WAL.
    let status = try run("/usr/bin/env", ["python3", "-c", lockProbe, temporary.path])
    #expect(status.output == "locked\n")
    try store.append(encode("b"))
    #expect(try store.values() == ["a", "b"])
  }

  /// Whether another process can have the whole of SQLite's range of locks (its "EXCLUSIVE").
  private let lockProbe = """
    import fcntl, sys
    file = open(sys.argv[1], 'r+b')
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
        print('free')
    except OSError:
        print('locked')
    """
}
