// What a shell does faster than Swift: files compressed, packed and moved about.

import Testing

/// Runs a script with `sh` and expects it to succeed.
/// - Parameter folder: where it runs.
func shell(
  _ script: String, in folder: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let outcome = try MoaaProcess(["-ec", script], in: folder, program: "/bin/sh").finish()
  try #require(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
}
