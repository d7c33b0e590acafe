// The system's words for its last error.

import Glibc

func errorText() -> String { String(cString: strerror(errno)) }
