"""Observations that can be made again: line n is always the same."""

import contextlib
import socket
import time

# A minute of event time a second: an hour lasts a minute.
EVENT_SECONDS_PER_SECOND = 60
START_SECONDS_MAX = 30


class Lines:
    """So many lines a second from so many stations, each in its turn."""

    def __init__(self, rate, station_count):
        self.rate, self.station_count = rate, station_count
        self.sent_count = 0

    def make(self, number):
        event = number * EVENT_SECONDS_PER_SECOND // self.rate
        date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1656028800 + event))
        tenths = number * 7919 % 600 - 200
        return (
            f'{{"STATION":"{number % self.station_count:011}","DATE":"{date}","SOURCE":"4","REPORT_TYPE":"FM-15",'
            f'"CALL_SIGN":"SOAK ","QUALITY_CONTROL":"V020","TMP":"{tenths:+05},1"}}\n').encode()

    def send_all(self, path):
        """What has been sent, once more and as fast as it is taken."""
        with connected(path) as link:
            for start in range(0, self.sent_count, 10_000):
                numbers = range(start, min(start + 10_000, self.sent_count))
                link.sendall(b"".join(map(self.make, numbers)))
            link.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := link.recv(1 << 16):
                answer = (answer + piece)[-200:]
        if not answer.endswith(f"ok {self.sent_count}\n".encode()):
            raise SystemExit(f"the listener ended with {answer!r}")


@contextlib.contextmanager
def connected(path):
    """A connection to a listener, which may still have to begin."""
    end = time.monotonic() + START_SECONDS_MAX
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
            break
        except OSError:
            link.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
    with link:
        yield link
