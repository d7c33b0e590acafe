// Signals. SIGINT and SIGTERM: long work stops after its next commit. SIGPIPE: ignored.

import Glibc
import Synchronization

private let signalCount = Atomic(0)

enum Interruption {
  static var isRequested: Bool { signalCount.load(ordering: .relaxed) > 0 }

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
