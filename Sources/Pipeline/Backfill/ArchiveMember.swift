// The names of an archive's members, for people and in the store.

enum ArchiveMember {
  /// Stands between archive and member. No path of a file system has it.
  static let separator = "//"

  /// - Parameter archive: as the user named it.
  static func key(archive: String, member: String) -> String { archive + separator + member }
}
