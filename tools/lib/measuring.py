"""Processes measured from outside, and what the benchmarks share. Used by tools/bench."""

import collections
import ctypes
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MOAA = ROOT / ".build/release/moaa"
VENV = ROOT / ".venv/bench"

# One version of each public tool for all measurements.
PACKAGES = {
    "duckdb": "duckdb==2.0.1",
    "orjson": "orjson==3.10.12",
    "polars": "polars==2.1.0",
    "pyspark": "pyspark==4.3.0",
}

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.1

# Seconds of wall and CPU time, and MB of memory at the peak.
Measured = collections.namedtuple("Measured", "seconds cpu memory")


def run(command, whole=False, prepare=None, repeats=3, output=None, is_tree=False):
    """The best times and the peak memory of a command.

    `whole` takes the seconds of the process from start to end, otherwise those that it prints last.
    What it prints goes into the file `output`, where one is named. CPU time is that of all processes
    that it starts. Peak memory is the greatest of any of them; with `is_tree` it is what all of them
    hold together, sampled, for a program that works in several.
    """
    # Whoever outlives its parent becomes ours, so that its CPU time is seen.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    runs = []
    for _ in range(repeats):
        if prepare:
            prepare()
        runs.append(run_once([str(word) for word in command], whole, output, is_tree))
    return Measured(
        min(run.seconds for run in runs), min(run.cpu for run in runs), max(run.memory for run in runs)
    )


def run_once(command, whole, output, is_tree):
    # Into files: what this process holds in memory would count as the child's at its start.
    with (
        open(output, "w+b") if output else tempfile.TemporaryFile() as output_file,
        tempfile.TemporaryFile() as error_file,
    ):
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=output_file, stderr=error_file)
        sampler = TreeSampler(process.pid) if is_tree else None
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        usages = [usage, *usages_of_orphans()]
        sampled = sampler.stop() if sampler else 0
        error_file.seek(0)
        errors = error_file.read()
        output_file.seek(0)
        printed = output_file.read(64)
    if process.returncode:
        sys.exit(f"bench: {command[0]} failed:\n{errors.decode(errors='replace')}")
    return Measured(
        elapsed if whole else float(printed.split()[-1]),
        sum(usage.ru_utime + usage.ru_stime for usage in usages),
        max(sampled, max(usage.ru_maxrss for usage in usages) / 1024),
    )


def usages_of_orphans():
    """Waits for the processes that a command left, which have become ours."""
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


class TreeSampler:
    """The greatest sum of the memory of a process and all below it, in MB."""

    def __init__(self, pid):
        self.pid, self.greatest, self.is_over = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()

    def sample(self):
        while not self.is_over.wait(SAMPLE_SECONDS):
            self.greatest = max(self.greatest, self.memory_of(self.pid))

    def memory_of(self, pid):
        folder = pathlib.Path(f"/proc/{pid}")
        try:
            pages = int((folder / "statm").read_text().split()[1])
            children = [
                child
                for task in (folder / "task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(map(self.memory_of, children))

    def stop(self):
        self.is_over.set()
        self.thread.join()
        return self.greatest


def machine():
    """The machine as one line: cores, processor, memory."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores, {(models or ['unknown processor'])[0]}, {memory:.0f} GiB"


def remove_store(path):
    for suffix in ("", "-wal", "-shm", "-lock", "-journal"):
        pathlib.Path(f"{path}{suffix}").unlink(missing_ok=True)


def shell(script):
    """Runs a script with the functions of install.sh, to standard error; true when it went well."""
    command = ["bash", "-c", f". tools/lib/install.sh; {{ {script}; }} >&2"]
    return subprocess.run(command, cwd=ROOT).returncode == 0


def build():
    """Builds in release mode what is measured, or ends the program."""
    if not shell('require_swift; install_packages "${build_packages[@]}" && swift build -c release'):
        sys.exit("bench: moaa does not build")


def public_python(*names):
    """The interpreter that has public tools, and which of those named could be had."""
    python, had = VENV / "bin/python", []
    try:
        if not python.exists():
            shell("install_packages python3-venv")
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"bench: public tools left out: {error}", file=sys.stderr)
        return python, had
    for name in names:
        command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", PACKAGES[name]]
        if subprocess.run(command, stdout=sys.stderr).returncode == 0:
            had.append(name)
        else:
            print(f"bench: {name} left out: it cannot be installed", file=sys.stderr)
    return python, had
