// The tables of a store, and what makes a file one. docs/STORAGE.md explains them with queries.

import CSQLite

enum Schema {
  /// "moaa" in ASCII, in the header of the SQLite file.
  static let applicationID: Int64 = 0x6D6F_6161
  /// 2: a header may have no value. Nothing else differs, so a store of version 1 becomes one of
  /// version 2 when it is opened for writing.
  static let version: Int64 = 2

  static let tables = """
    CREATE TABLE store (
      name TEXT PRIMARY KEY, value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE topic (
      topic_id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      start_offset INTEGER NOT NULL DEFAULT 0 CHECK (start_offset >= 0),
      next_offset INTEGER NOT NULL DEFAULT 0 CHECK (next_offset >= start_offset),
      retention_ms INTEGER CHECK (retention_ms >= 0),
      retention_bytes INTEGER CHECK (retention_bytes >= 0)
    ) STRICT;

    CREATE TABLE segment (
      topic_id INTEGER NOT NULL REFERENCES topic,
      base_offset INTEGER NOT NULL,
      next_offset INTEGER NOT NULL CHECK (next_offset > base_offset),
      batch_count INTEGER NOT NULL,
      byte_count INTEGER NOT NULL,
      oldest_append_time INTEGER NOT NULL,
      newest_append_time INTEGER NOT NULL CHECK (newest_append_time >= oldest_append_time),
      sealed INTEGER NOT NULL CHECK (sealed IN (0, 1)),
      content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
      PRIMARY KEY (topic_id, base_offset)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX segment_active ON segment (topic_id) WHERE sealed = 0;

    CREATE TABLE batch (
      topic_id INTEGER NOT NULL REFERENCES topic,
      base_offset INTEGER NOT NULL,
      record_count INTEGER NOT NULL CHECK (record_count > 0),
      append_time INTEGER NOT NULL,
      earliest_event_time INTEGER NOT NULL,
      latest_event_time INTEGER NOT NULL CHECK (latest_event_time >= earliest_event_time),
      raw_byte_count INTEGER NOT NULL,
      crc32c INTEGER NOT NULL,
      payload BLOB NOT NULL,
      PRIMARY KEY (topic_id, base_offset)
    ) STRICT;

    CREATE TABLE consumer_group (
      group_id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE checkpoint (
      group_id INTEGER NOT NULL REFERENCES consumer_group,
      topic_id INTEGER NOT NULL REFERENCES topic,
      next_offset INTEGER NOT NULL CHECK (next_offset >= 0),
      epoch INTEGER NOT NULL,
      fingerprint TEXT NOT NULL,
      job_state BLOB NOT NULL,
      PRIMARY KEY (group_id, topic_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE state (
      group_id INTEGER NOT NULL REFERENCES consumer_group,
      key BLOB NOT NULL,
      block INTEGER NOT NULL,
      pending INTEGER NOT NULL CHECK (pending IN (0, 1)),
      crc32c INTEGER NOT NULL,
      value BLOB NOT NULL,
      PRIMARY KEY (group_id, key, block)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX state_pending ON state (group_id) WHERE pending = 1;

    CREATE TABLE source_position (
      source TEXT NOT NULL,
      partition INTEGER NOT NULL,
      position INTEGER NOT NULL CHECK (position >= 0),
      detail BLOB NOT NULL,
      PRIMARY KEY (source, partition)
    ) STRICT, WITHOUT ROWID;
    """

  /// Makes an empty file a store, in one transaction: a process killed in between leaves it empty.
  static let creation = """
    BEGIN IMMEDIATE;
    \(tables)
    INSERT INTO store VALUES ('id', lower(hex(randomblob(16))));
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);
    COMMIT
    """

  /// Checks that an open file is a store that this version understands.
  /// - Returns: false when the file is empty, so that it can become one.
  static func check(_ connection: SQLiteConnection, path: String) throws(StoreError) -> Bool {
    // In one view: a process that makes the store at this instant must be seen whole or not at all.
    try connection.execute("BEGIN")
    defer { _ = connection.rollBack() }
    let application = try connection.integer("PRAGMA application_id") ?? 0
    let version = try connection.integer("PRAGMA user_version") ?? 0
    let objects = try connection.integer("SELECT count(*) FROM sqlite_master") ?? 0
    if application == 0, version == 0, objects == 0 { return false }
    guard application == applicationID else {
      throw StoreError(
        .notAStore, "\(path) is a SQLite database, but not a moaa store",
        remedy: "Name another file with --store")
    }
    guard version <= Self.version else {
      throw StoreError(
        .laterVersion,
        "\(path) was written by a later moaa (store version \(version), this one knows \(Self.version))",
        remedy: "Use that moaa, or another store")
    }
    return true
  }
}
