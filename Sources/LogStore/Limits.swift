// Every limit of the store, with its reason.

/// The store's fixed limits and defaults.
public enum Limits {
  /// A sealed segment is what retention removes; 64 MiB keeps removal coarse enough to be cheap and
  /// fine enough that a 7-day topic never holds much more than 7 days.
  public static let segmentBytesMax: Int64 = 64 << 20
  /// A quiet topic still rolls hourly, so that its old records can expire.
  public static let segmentMilliseconds: Int64 = 3_600_000
  /// Seven days, as the Kafka topics that this log mirrors.
  public static let retentionMilliseconds: Int64 = 7 * 24 * 3_600_000
  /// Uncompressed bytes a record batch aims for: large enough that compression and the row's cost
  /// are shared, small enough that a seek decompresses little.
  public static let batchBytesTarget = 256 << 10
  /// No record batch decompresses to more than this; a larger claim is damage, not data.
  public static let batchBytesMax = 256 << 20
  /// One record's key, value and headers together.
  public static let recordBytesMax = 64 << 20
  /// SQLite page: 16 KiB was the fastest for blobs of this size (64 KiB doubled the file).
  static let pageBytes: Int32 = 16 << 10
  /// WAL checkpoint once the WAL holds this many pages (64 MiB); done under the store's lock.
  static let walPagesMax: Int32 = 4096
  /// The most pages that SQLite 3.40 lets a file have.
  static let pagesMax: Int64 = 4_294_967_294
  /// How long SQLite itself waits for a lock that another program holds on the file.
  static let busyMilliseconds: Int32 = 10_000
  /// A reader fetches this many decompressed bytes in one short read transaction.
  static let readBytesTarget = 1 << 20
}
