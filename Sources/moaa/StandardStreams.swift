// Standard input, output and error that the caller has closed, as `>&-` does.

import Glibc

enum StandardStreams {
  /// Takes the descriptors that were closed, so that no file opened later gets one of them: what is
  /// printed would go into that file. They fail as closed ones do: nothing can be read from the
  /// first, and nothing be written to the others.
  static func reserve() {
    for descriptor in STDIN_FILENO...STDERR_FILENO
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number is this one.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
