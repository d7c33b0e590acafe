"""`moaa up` under a steady load, watched from outside."""

import bisect
import pathlib
import socket
import statistics
import threading
import time

from lines import Lines, connected

SAMPLE_SECONDS = 0.1
SENDS_PER_SECOND = 50
# Longer than the trigger, or the process would be as it was only by chance.
WARM_UP_SHARE = 0.3
GROWTH_MAX = 1.25


class Steady:
    """Sends lines at their rate, and notes when the rows that count them are in the database."""

    def __init__(self, moaa, servers, folder, options):
        self.moaa, self.servers, self.folder, self.options = moaa, servers, folder, options
        self.store, self.socket = folder / "up.store", folder / "raw.sock"
        self.lines = Lines(options.rate, options.stations)
        self.sends, self.counts, self.samples = [], [], []
        self.is_over = threading.Event()

    def run(self):
        with open(self.folder / "up.log", "wb") as errors:
            process = self.moaa.start(
                "up", "--socket", self.socket, "--store", self.store, "--trigger", f"{self.options.trigger}s",
                *self.servers.words, errors=errors)
            watchers = [
                threading.Thread(target=self.count_rows), threading.Thread(target=self.sample, args=[process.pid])]
            try:
                with connected(self.socket) as link:
                    reader = threading.Thread(target=self.read_answers, args=[link])
                    for thread in (*watchers, reader):
                        thread.start()
                    self.send(link)
                    link.shutdown(socket.SHUT_WR)
                    self.wait_for_rows(process)
            finally:
                self.is_over.set()
                for thread in watchers:
                    thread.join()
                process.terminate()
                self.exit_code = process.wait()
        if self.exit_code != 130:
            raise SystemExit(f"moaa up ended with {self.exit_code}:\n" + (self.folder / "up.log").read_text()[-4000:])

    def send(self, link):
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < self.options.seconds:
            due = int(now * self.options.rate)
            if due > self.lines.sent_count:
                numbers = range(self.lines.sent_count, due)
                self.sends.append((time.monotonic(), due))
                link.sendall(b"".join(map(self.lines.make, numbers)))
                self.lines.sent_count = due
            time.sleep(1 / SENDS_PER_SECOND)

    def read_answers(self, link):
        while link.recv(1 << 16):
            pass

    def count_rows(self):
        """How many observations are behind the rows that are there."""
        while not self.is_over.wait(SAMPLE_SECONDS):
            try:
                text = self.servers.query(
                    "SELECT COALESCE(SUM(observation_count), 0) FROM real_time_tmp_by_station_hour")
            except ConnectionError:
                continue
            self.counts.append((time.monotonic(), int(text)))

    def sample(self, pid):
        """Memory in MB, and how many files are open."""
        page = 4096
        while not self.is_over.wait(1):
            try:
                pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
                files = sum(1 for _ in pathlib.Path(f"/proc/{pid}/fd").iterdir())
            except OSError:
                return
            self.samples.append((pages * page / 2**20, files))

    def wait_for_rows(self, process):
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            if self.counts and self.counts[-1][1] >= self.lines.sent_count:
                return
            time.sleep(0.1)
        raise SystemExit(
            f"after a minute {self.counts[-1:]} of {self.lines.sent_count} lines are in the database:\n"
            + (self.folder / "up.log").read_text()[-4000:])

    # What it found

    def latencies(self):
        """Seconds from a line to its row, of every line that began a send; an upper bound."""
        latencies, index = [], 0
        for sent, number in self.sends:
            while index < len(self.counts) and self.counts[index][1] < number:
                index += 1
            if index == len(self.counts):
                break
            latencies.append(self.counts[index][0] - sent)
        return sorted(latencies)

    def parts(self):
        """Samples after the warm-up: the first and the last third."""
        rest = self.samples[int(len(self.samples) * WARM_UP_SHARE):]
        third = max(1, len(rest) // 3)
        return rest[:third], rest[-third:]

    def report(self):
        latencies = self.latencies()
        share = lambda part: latencies[min(len(latencies) - 1, int(len(latencies) * part))]
        first, last = self.parts()
        memory = [statistics.median(sample[0] for sample in part) for part in (first, last)]
        files = [max(sample[1] for sample in part) for part in (first, last)]
        lag = max((sent - self.count_at(when) for when, sent in self.sends), default=0)
        return (
            f"{self.lines.sent_count:,} observations; socket line to row in MariaDB: median {share(0.5):.2f} s,"
            f" 99 % within {share(0.99):.2f} s, all within {latencies[-1]:.2f} s; largest lag {lag:,} observations\n"
            f"memory {memory[0]:.0f} MB after the warm-up, {memory[1]:.0f} MB at the end; open files {files[0]},"
            f" {files[1]}")

    def count_at(self, when):
        index = bisect.bisect_right(self.counts, (when, float("inf")))
        return self.counts[index - 1][1] if index else 0

    def slowness(self):
        latencies, aim = self.latencies(), self.options.trigger + 1
        late = sum(1 for latency in latencies if latency > aim)
        return [f"{late} of {len(latencies)} took longer than {aim} s"] if late > len(latencies) / 100 else []

    def growth(self):
        faults = []
        first, last = self.parts()
        memory = [statistics.median(sample[0] for sample in part) for part in (first, last)]
        if memory[1] > memory[0] * GROWTH_MAX:
            faults.append(f"memory grew from {memory[0]:.0f} to {memory[1]:.0f} MB")
        if max(sample[1] for sample in last) > max(sample[1] for sample in first):
            faults.append("open files grew")
        return faults
