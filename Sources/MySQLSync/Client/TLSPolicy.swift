// When a connection is encrypted, and whom it trusts.

public enum TLSPolicy: Hashable, Sendable {
  /// Not encrypted.
  case plain
  /// Encrypted, by a server whose certificate is for the host that was named and signed by an
  /// authority of a file (PEM), or one that this machine trusts when there is no file.
  case verified(authorityFile: String?)

  /// Encrypted and verified for all that leaves this machine, and wherever an authority is named;
  /// unencrypted on a unix socket always.
  ///
  /// - Parameter allowsPlain: what the user must say to do without; an authority outweighs it.
  public static func standard(
    for address: MySQLAddress, authorityFile: String? = nil, allowsPlain: Bool = false
  ) -> TLSPolicy {
    if case .socket = address.server { return .plain }
    if let authorityFile { return .verified(authorityFile: authorityFile) }
    return address.isLocal || allowsPlain ? .plain : .verified(authorityFile: nil)
  }
}
