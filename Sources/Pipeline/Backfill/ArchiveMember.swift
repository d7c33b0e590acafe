// The names of an archive's members in the store.

enum ArchiveMember {
  /// What the keys of all members of an archive begin with. A path has no two slashes in a row, since it
  /// is the file system's own.
  static func keyPrefix(archive key: String) -> String { key + "//" }

  static func key(archive key: String, member: String) -> String {
    keyPrefix(archive: key) + member
  }
}
