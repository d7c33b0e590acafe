// The C libraries under the reading of files, for `moaa doctor`.

import CXXHash
import CZlib

/// Versions of the C libraries that files are read with.
public enum InputLibraries {
  public static var zlib: String { String(cString: zlibVersion()) }

  public static var xxHash: String {
    // 802 is 0.8.2.
    let number = XXH_versionNumber()
    return "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
  }
}
