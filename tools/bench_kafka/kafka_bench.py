"""`tools/bench kafka`: push, pull and worker beside librdkafka alone, kcat and `moaa aggregate`.

Each broker is a private one (noida-db), which ends with its measurement. Runs of what is compared take
turns, since other work on the machine slows one minute and not the next; the best of each counts.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

import measuring
from private_broker import install_broker, private_broker

BENCH = measuring.ROOT / ".build/release/moaa-bench"
RAW = "raw_probes_results"
HOURS = "agg_probes_results"
PER_TRANSACTION = 50_000
COMMAND_SECONDS_MAX = 300
SAME_AS_PUSH = [
    word
    for setting in ("enable.idempotence=true", "acks=all", "linger.ms=5", "batch.num.messages=50000",
                    "queue.buffering.max.messages=200000", "partitioner=murmur2_random")
    for word in ("-X", setting)
]
# The broker answers with all that a partition holds, whatever it is asked for.
LARGE_ANSWERS = ["-X", "receive.message.max.bytes=1000000000"]
# moaa by what is beside it: of librdkafka alone, and of `moaa aggregate`.
BAR, WORKER_BAR = 0.7, 0.8

# Seconds, CPU seconds of the program and of the broker meanwhile, peak memory in MB, and what was printed.
Run = collections.namedtuple("Run", "seconds cpu broker memory output errors samples")
SAMPLE_SECONDS = 0.02


def main(words):
    parser = argparse.ArgumentParser(
        prog="tools/bench kafka", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--partitions", type=int, default=1, help="of push and pull")
    parser.add_argument("--worker-partitions", type=int, default=4)
    parser.add_argument("--only", choices=["push", "pull", "worker"], action="append")
    parser.add_argument("--quick", action="store_true", help="a tenth of the records, once")
    options = parser.parse_args(words)
    if options.quick:
        options.records, options.repeats = options.records // 10, 1
    if not measuring.shell("install_packages kcat pkg-config librdkafka-dev"):
        sys.exit("bench: kcat and librdkafka-dev cannot be installed")
    broker = install_broker()
    measuring.build()
    print(
        f"{measuring.machine()}, load {os.getloadavg()[0]:.1f}; {options.records:,} raw records; best of"
        f" {options.repeats}, taken in turns")
    with tempfile.TemporaryDirectory(prefix="moaa-bench-") as name:
        inputs = Inputs(pathlib.Path(name), broker, options)
        for measure in (push, pull, worker):
            if options.only is None or measure.__name__ in options.only:
                measure(inputs, options)


class Inputs:
    """What all measurements begin with: lines, the same with keys for kcat, and a store that holds them."""

    def __init__(self, folder, broker, options):
        self.folder, self.broker = folder, broker
        self.lines, self.keyed, self.store = folder / "raw.json", folder / "keyed", folder / "raw.store"
        self.plain = folder / "plain_client"
        run([BENCH, "make-raw", self.lines, str(options.records)])
        run([BENCH, "append-log", self.store, self.lines])
        with open(self.lines) as lines, open(self.keyed, "w") as keyed:
            keyed.writelines(f"{line[13:24]}\t{line}" for line in lines)
        flags = run(["pkg-config", "--cflags", "--libs", "rdkafka"]).output.split()
        source = pathlib.Path(__file__).with_name("plain_client.c")
        run(["cc", "-O2", "-Wall", "-Werror", "-o", self.plain, source, *flags])

    def copy(self, name):
        """A copy of the store, which a command may write to."""
        path = self.folder / name
        measuring.remove_store(path)
        path.write_bytes(self.store.read_bytes())
        return path

    def push(self, broker, partitions, topic=RAW, store=None):
        return run([
            measuring.MOAA, "sync", "kafka", "push", "--topic", RAW, "--to", topic, "--store",
            store or self.copy("push.store"), "--brokers", broker.address, "--replication", "1", "--partitions",
            str(partitions), "--batch", str(PER_TRANSACTION)], broker)

    def make_topic(self, broker, topic, partitions):
        """A topic that holds one record."""
        lines, store = self.folder / "one.json", self.folder / "one.store"
        measuring.remove_store(store)
        run([BENCH, "make-raw", lines, "1"])
        run([BENCH, "append-log", store, lines])
        self.push(broker, partitions, topic, store)


# What is measured


def push(inputs, options):
    """Each begins with a connection of its own, and an empty broker: it keeps everything in memory."""
    table = Table(
        f"push: into a topic, partitions: {options.partitions}, transactions of {PER_TRANSACTION:,}",
        options.records)

    def moaa(broker):
        table.add("moaa sync kafka push", inputs.push(broker, options.partitions))
        return RAW, 0

    def plain(name, per_transaction):
        def measure(broker):
            inputs.make_topic(broker, "plain", options.partitions)
            table.add(name, own_seconds(run(
                [inputs.plain, "produce", broker.address, "plain", inputs.lines, str(per_transaction)], broker)))
            return "plain", 1
        return measure

    def kcat(broker):
        inputs.make_topic(broker, "plain", options.partitions)
        table.add("kcat -P, no transactions", run([
            "kcat", "-P", "-b", broker.address, "-t", "plain", "-K", "\\t", "-l", inputs.keyed, *SAME_AS_PUSH],
            broker))
        return "plain", 1

    ways = [moaa, plain("librdkafka alone", PER_TRANSACTION), plain("librdkafka, no transactions", 0), kcat]
    for _ in range(options.repeats):
        for way in ways:
            with private_broker(inputs.broker, inputs.folder) as broker:
                topic, more = way(broker)
                check_count(broker, topic, options.records + more)
    table.print("moaa sync kafka push", "librdkafka alone", BAR)


def pull(inputs, options):
    """All from one topic: moaa into the durable log, the others to nowhere."""
    table = Table(f"pull: from a topic, partitions: {options.partitions}", options.records)
    with private_broker(inputs.broker, inputs.folder) as broker:
        inputs.push(broker, options.partitions)
        for _ in range(options.repeats):
            store = inputs.folder / "pull.store"
            measuring.remove_store(store)
            table.add("moaa sync kafka pull", run([
                measuring.MOAA, "sync", "kafka", "pull", "--topic", RAW, "--store", store, "--brokers",
                broker.address], broker))
            # And the record that says that the input has ended for now.
            expect(records_of(store, RAW), options.records + 1, "records in the log")
            table.add("librdkafka alone, to nowhere", plain_reading(inputs, broker, options.partitions, options))
            table.add("kcat -C, to /dev/null", run(
                ["kcat", "-C", "-q", "-c", str(options.records), "-b", broker.address, "-t", RAW, "-o", "beginning",
                 *LARGE_ANSWERS], broker, discard=True))
    table.print("moaa sync kafka pull", "librdkafka alone, to nowhere", BAR)


def plain_reading(inputs, broker, partitions, options):
    done = run([inputs.plain, "consume", broker.address, RAW, str(partitions), str(options.records)], broker)
    expect(int(done.output.split()[0]), options.records, "records read by librdkafka alone")
    return own_seconds(done)


def worker(inputs, options):
    """The seconds of a worker are up to its last commit: then it waits whether more comes."""
    table = Table(f"worker: hours, from a topic, partitions: {options.worker_partitions}", options.records)
    names = ("moaa worker", "moaa aggregate, from the log")
    for index in range(options.repeats):
        with private_broker(inputs.broker, inputs.folder) as broker:
            inputs.push(broker, options.worker_partitions)
            store = inputs.folder / "worker.store"
            measuring.remove_store(store)
            done = run(
                [measuring.MOAA, "worker", "--brokers", broker.address, "--until-end", "--store", store], broker)
            folded = re.search(r"folded ([\d,]+) records? in ([\d.]+) s", done.errors)
            if not folded:
                sys.exit(f"bench: the worker did not say what it folded:\n{done.errors}")
            expect(int(folded[1].replace(",", "")), options.records, "records folded")
            table.add(names[0], up_to(done, float(folded[2])))
            local = inputs.copy("local.store")
            table.add(names[1], run([measuring.MOAA, "aggregate", "--store", local]))
            table.add("librdkafka alone, reading to nowhere",
                      plain_reading(inputs, broker, options.worker_partitions, options))
            if index == 0:
                compare_hours(inputs, broker, local)
    table.print(*names, WORKER_BAR)


def compare_hours(inputs, broker, local):
    """Whoever is fast and wrong has not won."""
    store = inputs.folder / "hours.store"
    measuring.remove_store(store)
    run([measuring.MOAA, "sync", "kafka", "pull", "--topic", HOURS, "--store", store, "--brokers",
         broker.address])
    words = ["--format", "csv", "--store"]
    shared = run([measuring.MOAA, "hours", "--results", "topics", *words, store]).output
    if shared != run([measuring.MOAA, "hours", *words, local]).output:
        sys.exit("bench: the worker's hours are not those of moaa aggregate")


class Table:
    """Runs by name, of which the best is shown."""

    def __init__(self, title, count):
        self.title, self.count, self.runs = title, count, {}

    def add(self, name, done):
        self.runs.setdefault(name, []).append(done)

    def print(self, name, yardstick, bar):
        print(f"\n{self.title}\n{'':38} {'best s':>7} {'worst s':>7} {'records/s':>11} {'CPU s':>6} {'broker':>6}"
              f" {'peak MB':>7} {'moaa is':>7}")
        best = {each: min(runs, key=lambda done: done.seconds) for each, runs in self.runs.items()}
        for each, runs in self.runs.items():
            done, worst = best[each], max(done.seconds for done in runs)
            ratio = "" if each == name else f"{done.seconds / best[name].seconds:6.2f}×"
            broker = "" if done.broker is None else f"{done.broker:.2f}"
            print(f"{each:38} {done.seconds:7.2f} {worst:7.2f} {self.count / done.seconds:11,.0f} {done.cpu:6.2f}"
                  f" {broker:>6} {max(done.memory for done in runs):7.0f} {ratio:>7}")
        ratio = best[yardstick].seconds / best[name].seconds
        print(f"{name} is {ratio:.2f} of {yardstick}; the bar is {bar}: {'met' if ratio >= bar else 'missed'}",
              flush=True)


# Processes


def run(command, broker=None, discard=False):
    """A command from start to end; a failure ends the bench, with the command's words."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start, broker_start = time.monotonic(), broker and cpu_seconds(broker.pid)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL if discard else output, stderr=errors)
        limit = threading.Timer(COMMAND_SECONDS_MAX, process.kill)
        limit.start()
        samples, is_over = [], threading.Event()
        # A worker waits at its end whether more comes, which shall not count.
        sampler = threading.Thread(target=sample, args=(process.pid, broker, start, samples, is_over))
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        limit.cancel()
        is_over.set()
        sampler.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        printed = []
        for file in (output, errors):
            file.seek(0)
            printed.append(file.read().decode(errors="replace"))
    if process.returncode:
        sys.exit(f"bench: exit code {process.returncode} of {' '.join(command)}\n{printed[1]}")
    samples = [(at, own, total - broker_start) for at, own, total in samples] if broker else []
    broker_cpu = cpu_seconds(broker.pid) - broker_start if broker else None
    return Run(seconds, usage.ru_utime + usage.ru_stime, broker_cpu, usage.ru_maxrss / 1024, *printed, samples)


def sample(pid, broker, start, samples, is_over):
    while broker and not is_over.wait(SAMPLE_SECONDS):
        with contextlib.suppress(OSError):
            samples.append((time.monotonic() - start, cpu_seconds(pid), cpu_seconds(broker.pid)))


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def up_to(done, seconds):
    """A run as it was after so many seconds."""
    _, own, broker = min(done.samples, key=lambda each: abs(each[0] - seconds))
    return done._replace(seconds=seconds, cpu=own, broker=broker)


def own_seconds(done):
    """A run with the seconds that the program printed last: without reading its input into memory."""
    return done._replace(seconds=float(done.output.split()[-1]))


def check_count(broker, topic, count):
    """Whoever is fast and loses something has not won."""
    seen = run(["kcat", "-C", "-e", "-q", "-b", broker.address, "-t", topic, "-o", "beginning", "-f", "x\\n", *LARGE_ANSWERS,
                "-X", "isolation.level=read_committed"]).output.count("\n")
    expect(seen, count, f"records in topic {topic}")


def records_of(store, topic):
    topics = json.loads(run([measuring.MOAA, "log", "topics", "--store", store, "--format", "json"]).output)
    return next(each["records"] for each in topics if each["topic"] == topic)


def expect(found, wanted, what):
    if found != wanted:
        sys.exit(f"bench: {what}: {found:,}, not {wanted:,}")


