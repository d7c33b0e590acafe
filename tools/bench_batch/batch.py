"""`tools/bench batch`: moaa backfill beside DuckDB, Polars and PySpark on the same generated files."""

import argparse
import csv
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import measuring
from measuring import ROOT, remove_store, run

PROGRAMS = pathlib.Path(__file__).resolve().parent
BYS = {"hour": "hours over all stations", "station-hour": "hours of each station"}
PUBLIC = {"duckdb": "DuckDB", "polars": "Polars", "pyspark": "PySpark"}


class Difference(Exception):
    """Two programs do not give the same hours."""


def rows_of(path):
    """(key, count, min, mean, max) of each line of a table of hours, whoever wrote it."""
    with open(path, newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for *station, hour, count, lowest, mean, highest in reader:
            key = *station, hour[:13].replace(" ", "T")
            # What is tenths of a degree is compared as such: some write 0.30000000000000004.
            yield key, int(count), round(float(lowest) * 10), float(mean), round(float(highest) * 10)


def require_same(one, other):
    """Throws where two tables of hours differ: means by more than a millionth, others at all."""
    for left, right in itertools.zip_longest(rows_of(one), rows_of(other)):
        if (
            left is None
            or right is None
            or left[:3] + left[4:] != right[:3] + right[4:]
            # A mean of six decimals is half a millionth off, and what is a double a little.
            or abs(left[3] - right[3]) > 1e-6
        ):
            raise Difference(f"{one.name} has {left}, {other.name} has {right}")


class Data:
    """Generated files, one a station."""

    def __init__(self, moaa, folder, stations, days):
        self.stations, self.days, self.is_gzip = stations, days, False
        self.folder = folder / f"{stations}-stations-{days}-days"
        command = [moaa, "sample", "--out", self.folder, "--stations", stations, "--start", "2023-01-01"]
        subprocess.run([*map(str, command), "--days", str(days)], check=True, stderr=subprocess.DEVNULL)
        self.rows = sum(self.lines_of(path) - 1 for path in self.folder.iterdir())

    @staticmethod
    def lines_of(path):
        with open(path, "rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))

    def compress(self):
        subprocess.run(["gzip", "-r", self.folder], check=True)
        self.is_gzip = True

    @property
    def paths(self):
        return sorted(self.folder.iterdir())

    @property
    def bytes(self):
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def __str__(self):
        return (
            f"{self.stations} stations, {self.days} days: {self.rows:,} rows,"
            f" {self.bytes / 1e6:.0f} MB of CSV{'.gz' if self.is_gzip else ''}"
        )


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.moaa = options.moaa or measuring.MOAA
        self.measurements = []
        self.python, had = measuring.public_python(*PUBLIC)
        if "pyspark" in had and not measuring.shell(
            "command -v java >/dev/null || install_packages default-jre-headless"
        ):
            print("bench: PySpark left out: there is no Java", file=sys.stderr)
            had.remove("pyspark")
        self.public = had
        measuring.shell("command -v pigz >/dev/null || install_packages pigz")
        help_of = subprocess.run([self.moaa, "backfill", "--help"], capture_output=True)
        self.has_backfill = help_of.returncode == 0
        if not self.has_backfill:
            print(f"bench: {self.moaa} knows no backfill: the others go on without it", file=sys.stderr)

    def programs(self, by, data, with_spark):
        """(name, output, what `run` takes) of each program that makes hours of the data."""
        if self.has_backfill:
            store, output = self.folder / "backfill.store", self.folder / "moaa.csv"
            command = [self.moaa, "backfill", data.folder, "--by", by, "--store", store, "--format", "csv"]
            yield f"moaa backfill --by {by}", output, {
                "command": command, "prepare": lambda: remove_store(store), "output": output,
            }  # fmt: skip
        for name in self.public:
            if name == "pyspark" and not with_spark:
                continue
            output = self.folder / f"{name}.csv"
            command = [self.python, PROGRAMS / f"{name}_hours.py", by, output, *data.paths]
            version = measuring.PACKAGES[name].partition("==")[2]
            yield f"{PUBLIC[name]} {version}", output, {"command": command, "is_tree": name == "pyspark"}

    def floors(self, data):
        readers = ["zcat", "pigz -dc"] if data.is_gzip else ["cat"]
        for reader in readers:
            if shutil.which(reader.split()[0]):
                command = ["bash", "-c", f'{reader} "$@" > /dev/null', "bash", *data.paths]
                yield f"{reader} to /dev/null", {"command": command}

    def check(self, data):
        """Every program against the exact second opinion."""
        for by in BYS:
            exact = self.folder / "exact.csv"
            command = [sys.executable, ROOT / "tools/exact_hours.py", data.folder]
            with open(exact, "wb") as file:
                subprocess.run([*command, *["--by-station"] * (by == "station-hour")], stdout=file, check=True)
            for name, output, what in self.programs(by, data, with_spark=True):
                run(**what, whole=True, repeats=1)
                require_same(exact, output)
                self.say(f"as exact_hours.py has them, {BYS[by]}: {name}")

    def compare(self, data, with_spark):
        for by, title in BYS.items():
            self.say(f"\n{data}; {title}; whole processes, best of {self.options.repeats}")
            self.say(f"{'':32} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'wall':>9} {'CPU':>9} {'memory':>9}")
            first = reference = None
            for name, output, what in self.programs(by, data, with_spark):
                measured = run(**what, whole=True, repeats=self.options.repeats)
                first, reference = first or measured, reference or output
                require_same(reference, output)
                self.add(data, by, name, measured, first)
            for name, what in self.floors(data):
                measured = run(**what, whole=True, repeats=self.options.repeats)
                self.add(data, by, name, measured, first or measured)

    def add(self, data, by, name, measured, first):
        ratios = (f"{mine / its:8.2f}×" for mine, its in zip(measured, first))
        figures = f"{measured.seconds:8.3f} {measured.cpu:8.3f} {measured.memory:8.0f}"
        self.say(f"{name:32} {figures} {' '.join(ratios)}")
        self.measurements.append(
            {
                "tool": name, "by": by, "stations": data.stations, "days": data.days,
                "rows": data.rows, "bytes": data.bytes, "gzip": data.is_gzip,
                "wall_seconds": measured.seconds, "cpu_seconds": measured.cpu,
                "peak_memory_bytes": round(measured.memory * 2**20),
            }  # fmt: skip
        )

    def say(self, text):
        print(text, file=sys.stderr if self.options.json else sys.stdout, flush=True)


def main(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench batch", description=__doc__)
    parser.add_argument("--small", type=int, default=25, metavar="N", help="stations of the small size")
    parser.add_argument("--large", type=int, default=240, metavar="N", help="of the large; 0 leaves it out")
    parser.add_argument("--days", type=int, default=365, metavar="N", help="how many days of each")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="the best of so many counts")
    parser.add_argument("--all", action="store_true", help="PySpark at the large size too")
    parser.add_argument("--moaa", metavar="FILE", help="measure this build; otherwise one is made")
    parser.add_argument("--json", action="store_true", help="figures as JSON, the tables to standard error")
    options = parser.parse_args(arguments)
    if not options.moaa:
        measuring.build()
    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="moaa-bench-", dir=ROOT / ".build") as folder:
        folder = pathlib.Path(folder)
        bench = Bench(options, folder)
        bench.say(f"{measuring.machine()}; ratios are to the first line of each table")
        try:
            bench.check(Data(bench.moaa, folder, stations=3, days=40))
            small = Data(bench.moaa, folder, options.small, options.days)
            bench.compare(small, with_spark=True)
            if options.large:
                bench.compare(
                    Data(bench.moaa, folder, options.large, options.days), with_spark=options.all
                )
            small.compress()
            bench.compare(small, with_spark=True)
        except Difference as difference:
            sys.exit(f"bench: not the same hours: {difference}")
        if options.json:
            figures = {"machine": measuring.machine(), "measurements": bench.measurements}
            print(json.dumps(figures, indent=2))
