"""`moaa up` on its way, while it and its database are killed, and its broker is halted."""

import os
import random
import signal
import subprocess
import time


class Run:
    """Runs one command again and again until it ends by itself, and watches how far behind it is."""

    def __init__(self, moaa, words, servers, folder, store, seed):
        self.moaa, self.words, self.servers, self.store = moaa, words, servers, store
        self.random = random.Random(seed)
        self.log = folder / "up.log"
        self.counts = {"moaa killed": 0, "database killed": 0, "broker halted": 0}
        self.starts = 0
        self.lag = {}

    def to_the_end(self, fault_count):
        """Makes so many faults, then lets it end."""
        started = time.monotonic()
        process = self.start()
        while fault_count > 0 and process.poll() is None:
            self.watch(process, self.random.uniform(0.3, 6))
            if process.poll() is not None:
                break
            fault_count -= 1
            kind = self.random.choice(["moaa killed", "moaa killed", "database killed", "broker halted"])
            self.counts[kind] += 1
            if kind == "moaa killed":
                process.kill()
                process.wait()
                process = self.start()
            elif kind == "database killed":
                self.servers.server.kill()
                self.watch(process, self.random.uniform(0, 3))
                self.servers.server.start()
            else:
                os.kill(self.servers.broker.pid, signal.SIGSTOP)
                self.watch(process, self.random.uniform(0, 4))
                os.kill(self.servers.broker.pid, signal.SIGCONT)
        self.watch(process, float("inf"))
        if process.returncode not in (0, 1):
            raise SystemExit(f"moaa up ended with {process.returncode}:\n{self.log.read_text()[-4000:]}")
        self.seconds = time.monotonic() - started

    def start(self):
        self.starts += 1
        with open(self.log, "ab") as errors:
            return self.moaa.start(*self.words, errors=errors)

    def watch(self, process, seconds):
        """Looks at the lag until the time is over or the process has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and process.poll() is None:
            self.note_lag()
            time.sleep(min(0.25, max(0, end - time.monotonic())))

    def note_lag(self):
        done = subprocess.run(
            [self.moaa.program, "status", "--format", "csv", "--store", str(self.store)],
            env=self.moaa.environment, capture_output=True, text=True)
        for line in done.stdout.splitlines()[1:]:
            group, topic, _, records, seconds = line.split(",")
            name = f"{group} ({topic})"
            most = self.lag.get(name, (0, 0))
            self.lag[name] = (max(most[0], int(records)), max(most[1], int(seconds)))

    def report(self):
        faults = ", ".join(f"{what} {count} times" for what, count in self.counts.items() if count)
        lines = [f"{self.seconds:.0f} s, {self.starts} starts; {faults or 'left in peace'}", "largest lag:"]
        for name, (records, seconds) in sorted(self.lag.items()):
            lines.append(f"  {name:52} {records:8,} records {seconds:5} s")
        return "\n".join(lines)
