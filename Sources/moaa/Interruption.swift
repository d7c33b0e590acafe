// Signals. SIGINT and SIGTERM: long work stops after its next commit. SIGUSR1 and SIGUSR2: a feed pauses and
// goes on. SIGPIPE: ignored.

import Glibc
import Synchronization

private let signalCount = Atomic(0)
private let pauseFlag = Atomic(false)

enum Interruption {
  static var isRequested: Bool { signalCount.load(ordering: .relaxed) > 0 }

  /// Whether SIGUSR1 has come, and no SIGUSR2 since.
  static var isPaused: Bool { pauseFlag.load(ordering: .relaxed) }

  /// For commands that can pause; others end by these signals, as by default.
  static func installPause() {
    _ = isPaused
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { pauseFlag.store($0 == SIGUSR1, ordering: .relaxed) }
    sigaction(SIGUSR1, &action, nil)
    sigaction(SIGUSR2, &action, nil)
  }

  static func install() {
    // Touched before a handler can run, so that none ever initialises it.
    _ = isRequested
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      // Who asks twice does not want to wait.
      if signalCount.add(1, ordering: .relaxed).newValue > 1 { _exit(130) }
    }
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // A reader who goes away, as in `moaa run … | head`, must not end the work: writing fails instead.
    signal(SIGPIPE, SIG_IGN)
  }
}
