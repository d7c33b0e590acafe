"""`tools/bench kafka`: moaa's push and pull beside plain librdkafka clients, on a private broker."""

import argparse
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import measuring

BENCH = measuring.ROOT / ".build/release/moaa-bench"
BROKER = pathlib.Path(os.environ.get("MOAA_TEST_BROKER", measuring.ROOT / ".venv/broker/noida-db"))
PER_TRANSACTION = 50_000
BAR = 0.7


def main(words):
    parser = argparse.ArgumentParser(prog="tools/bench kafka", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of the records, once")
    options = parser.parse_args(words)
    count, repeats = (options.records // 10, 1) if options.quick else (options.records, options.repeats)
    if not BROKER.exists():
        sys.exit("bench: there is no broker: tools/test installs one into .venv/broker")
    measuring.build()
    print(f"{measuring.machine()}; best of {repeats}, taken in turns; records/s")
    with tempfile.TemporaryDirectory(prefix="moaa-bench-") as name:
        folder = pathlib.Path(name)
        lines, store, plain = folder / "raw.json", folder / "raw.store", folder / "plain_producer"
        subprocess.run([BENCH, "make-raw", lines, str(count)], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([BENCH, "append-log", store, lines], check=True, stdout=subprocess.DEVNULL)
        build_plain(plain)
        push(folder, store, lines, plain, count, repeats, options.partitions)
        pull(folder, store, count, repeats, options.partitions)


def pull(folder, store, count, repeats, partitions):
    """Whole processes, from one topic: moaa into a durable log, kcat to nowhere."""
    if not shutil.which("kcat"):
        print("no kcat: the pull is not measured")
        return
    name = "moaa sync kafka pull"
    times = {name: [], "kcat, to /dev/null": []}
    with Broker(folder / "pull") as address:
        subprocess.run([
            measuring.MOAA, "sync", "kafka", "push", "--topic", "raw_probes_results", "--store", store, "--brokers",
            address, "--replication", "1", "--partitions", str(partitions)], check=True, capture_output=True)
        for index in range(repeats):
            times[name].append(timed([
                measuring.MOAA, "sync", "kafka", "pull", "--topic", "raw_probes_results", "--store",
                folder / f"pull{index}.store", "--brokers", address]))
            times["kcat, to /dev/null"].append(timed([
                "sh", "-c", f"kcat -C -q -e -b {address} -t raw_probes_results -o beginning > /dev/null"]))
    for title, seconds in times.items():
        print(f"{title:32} {count / min(seconds):12,.0f}   {min(seconds):.2f} s")
    ratio = min(times["kcat, to /dev/null"]) / min(times[name])
    print(f"pull is {ratio:.2f} of kcat; the bar is {BAR}")


def push(folder, store, lines, plain, count, repeats, partitions):
    """Whole processes: each begins with a connection of its own, and a topic that is empty."""
    times = {"moaa sync kafka push": [], "librdkafka, straight from C": []}
    for index in range(repeats):
        # A broker of its own for each: it keeps everything in memory.
        with Broker(folder / f"a{index}") as address:
            copy = folder / f"copy{index}.store"
            copy.write_bytes(store.read_bytes())
            times["moaa sync kafka push"].append(timed([
                measuring.MOAA, "sync", "kafka", "push", "--topic", "raw_probes_results", "--store", copy,
                "--brokers", address, "--replication", "1", "--partitions", str(partitions),
                "--batch", str(PER_TRANSACTION)]))
            check(address, "raw_probes_results", count)
        with Broker(folder / f"b{index}") as address:
            # One record makes the topic with the same number of partitions, which is not measured.
            subprocess.run([
                measuring.MOAA, "sync", "kafka", "push", "--topic", "raw_probes_results", "--store", tiny(folder),
                "--to", "plain", "--brokers", address, "--replication", "1", "--partitions", str(partitions)],
                check=True, capture_output=True)
            times["librdkafka, straight from C"].append(
                timed([plain, address, "plain", lines, str(PER_TRANSACTION)]))
            check(address, "plain", count + 1)
    best = min(times["librdkafka, straight from C"])
    print(f"\n{count:,} raw records (about 160 bytes), transactions of {PER_TRANSACTION:,}, partitions: {partitions}")
    for name, seconds in times.items():
        print(f"{name:32} {count / min(seconds):12,.0f} {best / min(seconds):7.2f}×")
    ratio = best / min(times["moaa sync kafka push"])
    print(f"bar {BAR:.2f}: {'met' if ratio >= BAR else 'missed'}")


def tiny(folder):
    """A store of one record."""
    path, lines = folder / "tiny.store", folder / "tiny.json"
    if not path.exists():
        subprocess.run([BENCH, "make-raw", lines, "1"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([BENCH, "append-log", path, lines], check=True, stdout=subprocess.DEVNULL)
    return path


def timed(command):
    start = time.monotonic()
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return time.monotonic() - start


def check(address, topic, count):
    """Whoever is fast and loses something has not won."""
    seen = subprocess.run(
        ["kcat", "-b", address, "-C", "-t", topic, "-e", "-q", "-f", "x\\n", "-X",
         "isolation.level=read_committed"], check=True, capture_output=True).stdout.count(b"\n")
    if seen != count:
        sys.exit(f"bench: topic {topic} has {seen} records, not {count}")


def build_plain(program):
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "rdkafka"], check=True, capture_output=True, text=True).stdout
    source = pathlib.Path(__file__).with_name("plain_producer.c")
    subprocess.run(["cc", "-O2", "-o", program, source, *flags.split()], check=True)


class Broker:
    """A private broker with a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [BROKER, "start", "--data-dir", self.folder, "--only", "kafka", "--kafka-port", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return f"127.0.0.1:{port}"
            except OSError:
                time.sleep(0.02)
        sys.exit("bench: the broker does not start")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
