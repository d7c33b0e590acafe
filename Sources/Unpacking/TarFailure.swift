// What is wrong with a tar archive.

/// An archive that cannot be read, or not to its end. Members given whole before it are right.
package struct TarFailure: Error, Hashable, CustomStringConvertible {
  /// The archive as it was named.
  package let archive: String
  /// Where, in the archive before compression: the header at hand, or the end of what there is.
  package let byteOffset: Int64
  package let message: String

  init(_ archive: String, _ byteOffset: Int64, _ message: String) {
    self.archive = archive
    self.byteOffset = byteOffset
    self.message = message
  }

  package var description: String { "\(archive), byte \(byteOffset) of the tar data: \(message)" }
}
