"""`tools/bench mysql`: moaa's upserts beside other ways into the same table of the same server."""

import argparse
import pathlib
import subprocess
import sys

import measuring
from private_mariadb import DATABASE, USER, private_mariadb

BENCH = measuring.ROOT / ".build/release/moaa-bench"
ARRAYS = "moaa: arrays of rows (MariaDB)"
# name, method of moaa-bench, share of the rows that it is given.
METHODS = [
    (ARRAYS, "arrays", 1),
    ("moaa: statements of many rows (as for MySQL)", "multi-row", 1),
    ("arrays of rows, straight from C", "raw-arrays", 1),
    ("1,000 rows a statement, as text", "text", 1),
    ("LOAD DATA LOCAL, then INSERT SELECT", "load-data", 1),
    ("a row a statement, each committed", "single", 0.005),
]
# Those that moaa must not be much slower than: all but itself.
OTHERS = {"raw-arrays", "text", "load-data", "single"}
TABLES = {
    "station": "hours of stations (real_time_tmp_by_station_hour)",
    "wire": "hours over all stations (real_time_tmp_by_hour, with its id and unique key)",
}


def main(words):
    parser = argparse.ArgumentParser(prog="tools/bench mysql", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, once")
    parser.add_argument("--table", choices=TABLES, action="append", help="only this one")
    options = parser.parse_args(words)
    count, repeats = (options.rows // 10, 1) if options.quick else (options.rows, options.repeats)
    if not measuring.shell("install_packages mariadb-server-core mariadb-client-core"):
        sys.exit("bench: there is no MariaDB")
    measuring.build()
    print(f"{measuring.machine()}; best of {repeats}, taken in turns; rows/s")
    with private_mariadb("--innodb-buffer-pool-size=512M") as server:
        for table in options.table or TABLES:
            for over_socket in (False, True):
                compare(server, table, over_socket, count, repeats)


def compare(server, table, over_socket, count, repeats):
    place = "unix socket" if over_socket else "TCP on loopback"
    print(f"\n{count:,} {TABLES[table]}, {place}")
    times = {method: [] for _, method, _ in METHODS}
    # In turns, so that what else the machine does hits all alike.
    for _ in range(repeats):
        for _, method, share in METHODS:
            times[method].append(once(server, table, over_socket, method, max(1, int(count * share))))
    rates = {
        method: [max(1, int(count * share)) / min(run[phase] for run in times[method]) for phase in (0, 1)]
        for _, method, share in METHODS
    }
    fastest = [max(rates[method][phase] for method in OTHERS) for phase in (0, 1)]
    print(f"{'':46} {'inserted':>10} {'of best':>8} {'updated':>10} {'of best':>8}")
    for name, method, _ in METHODS:
        cells = "".join(
            f" {rates[method][phase]:10,.0f} {rates[method][phase] / fastest[phase]:7.3f}×" for phase in (0, 1))
        print(f"{name:46}{cells}", flush=True)


def once(server, table, over_socket, method, count):
    """Seconds of inserting the rows into an empty table, and of updating each of them."""
    if method == "load-data":
        return load_data(server, table, over_socket, count)
    if method == "raw-arrays":
        return raw_arrays(server, table, over_socket, count)
    done = subprocess.run(
        [BENCH, "mysql", server.url(over_socket), table, method, str(count)], capture_output=True,
        text=True, env=server.environment)
    if done.returncode:
        sys.exit(f"bench: {method} failed: {done.stderr}")
    printed = done.stdout.split()
    return float(printed[0]), float(printed[1])


def raw_arrays(server, table, over_socket, count):
    program = server.folder / "raw_arrays"
    if not program.exists():
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "libmariadb"], check=True, capture_output=True, text=True).stdout
        source = pathlib.Path(__file__).with_name("raw_arrays.c")
        subprocess.run(["cc", "-O2", "-o", program, source, *flags.split()], check=True)
    create, name = described_table(server, table, 1)[:2]
    sql(server, over_socket, f"DROP TABLE IF EXISTS {name}; {create}")
    done = subprocess.run(
        [program, server.socket if over_socket else "-", str(server.port), USER, DATABASE, table,
         str(count)], capture_output=True, text=True, env=server.environment)
    if done.returncode:
        sys.exit(f"bench: raw_arrays failed: {done.stderr}")
    left = sql(server, over_socket, f"SELECT COUNT(*) FROM {name};").strip()
    if left != str(count):
        sys.exit(f"bench: raw_arrays left {left} rows")
    return [float(seconds) for seconds in done.stdout.split()]


def described_table(server, table, count):
    """The statement that makes a table, its name, its columns, those that are no keys; writes its rows."""
    described = subprocess.run(
        [BENCH, "mysql-rows", str(server.folder / "rows"), table, str(count)], check=True,
        capture_output=True, text=True).stdout
    return described.strip().split("\n")


def load_data(server, table, over_socket, count):
    create, name, columns, figures = described_table(server, table, count)
    seconds = []
    for phase in (0, 1):
        if phase == 0:
            sql(server, over_socket, f"DROP TABLE IF EXISTS {name}; {create}")
        path = server.folder / f"rows.{phase}"
        updates = ", ".join(f"{column} = VALUES({column})" for column in figures.split(","))
        # The server's own clock, so that the client's start does not count.
        printed = sql(server, over_socket, f"""
            SET time_zone = '+00:00';
            SET @start = SYSDATE(6);
            CREATE TEMPORARY TABLE stage AS SELECT {columns} FROM {name} LIMIT 0;
            START TRANSACTION;
            LOAD DATA LOCAL INFILE '{path}' INTO TABLE stage ({columns});
            INSERT INTO {name} ({columns}) SELECT {columns} FROM stage ON DUPLICATE KEY UPDATE {updates};
            COMMIT;
            SELECT TIMESTAMPDIFF(MICROSECOND, @start, SYSDATE(6));
            SELECT COUNT(*) FROM {name};""").split()
        if int(printed[1]) != count:
            sys.exit(f"bench: LOAD DATA left {printed[1]} rows")
        seconds.append(int(printed[0]) / 1e6)
    return seconds


def sql(server, over_socket, text):
    done = subprocess.run(
        server.client(over_socket), input=text, capture_output=True, text=True, env=server.environment)
    if done.returncode:
        sys.exit(f"bench: mariadb failed: {done.stderr}")
    return done.stdout
