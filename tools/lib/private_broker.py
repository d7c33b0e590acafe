"""A Kafka broker of one's own (noida-db), for as long as it is needed."""

import collections
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import measuring

START_SECONDS_MAX = 30

Broker = collections.namedtuple("Broker", "address pid")


def install_broker():
    """The broker's program: that of MOAA_TEST_BROKER, else from PyPI."""
    if os.environ.get("MOAA_TEST_BROKER"):
        return os.environ["MOAA_TEST_BROKER"]
    script = '. tools/lib/install.sh; . tools/lib/broker.sh; install_broker "$PWD"'
    done = subprocess.run(["bash", "-c", script], cwd=measuring.ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("bench: the broker cannot be installed (noida-db from PyPI, for Linux on x86-64)")
    return done.stdout.strip()


@contextlib.contextmanager
def private_broker(program, parent=None):
    """A broker with a folder of its own, which ends with the block."""
    with tempfile.TemporaryDirectory(prefix="broker-", dir=parent) as folder, tempfile.TemporaryFile() as log:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [program, "start", "--data-dir", f"{folder}/data", "--only", "kafka", "--kafka-port", str(port)],
            stdout=log, stderr=log)
        try:
            wait_for(process, port, log)
            yield Broker(f"127.0.0.1:{port}", process.pid)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def wait_for(process, port, log):
    start = time.monotonic()
    while time.monotonic() - start < START_SECONDS_MAX and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    log.seek(0)
    sys.exit(f"bench: the broker does not start:\n{log.read().decode(errors='replace')}")
