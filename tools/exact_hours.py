#!/usr/bin/env python3
"""Hourly min, mean, max and count of NOAA global-hourly CSV files, computed exactly.

This is the second opinion on `moaa hours --format csv`: the same rules written again from the ISD
format document, with the standard library only, sharing nothing with moaa. It keeps every accepted
reading of an hour and divides once, as a rational number; no floating point is involved anywhere.
"""

import argparse
import csv
import datetime
import gzip
import pathlib
import re
import signal
import sys
from decimal import Decimal
from fractions import Fraction

# Air temperature as written: sign, four digits of tenths of a degree C, comma, quality code.
# No code 8 exists (ISD format document, air temperature, quality codes).
TEMPERATURE = re.compile(r"([+-][0-9]{4}),([0-79ACIMPRU])", re.ASCII)
MISSING = "+9999"
LOWEST, HIGHEST = Decimal("-93.2"), Decimal("61.8")
SUSPECT_OR_ERRONEOUS = frozenset("2367")

# A date as written: UTC, mostly without a zone mark.
MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})Z?", re.ASCII
)

# Blanks around a field's text do not count.
BLANKS = " \t"
STATION_BYTES_MAX = 64
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# Summaries of a day and of a month: rows of the file, but not observations.
SUMMARIES = frozenset(("SOD", "SOM"))

WANTED = ("STATION", "DATE", "TMP")


class UnusableFile(Exception):
    """The file cannot be read as global-hourly CSV at all."""


def files_under(paths):
    """The files named, and those ending in .csv or .csv.gz in the folders named, at any depth."""
    for path in map(pathlib.Path, paths):
        if not path.is_dir():
            yield path
            continue
        for inner in sorted(path.rglob("*")):
            if inner.is_file() and inner.name.endswith((".csv", ".csv.gz")):
                yield inner


def rows_of(path):
    """Each row that has as many fields as the header, as a dictionary by column name."""
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            reader = csv.reader(text)
            header = [name.strip(BLANKS) for name in next(reader, [])]
            absent = [name for name in WANTED if name not in header]
            if absent:
                raise UnusableFile(f"{path}: no column {', '.join(absent)} in the header")
            for row in reader:
                if len(row) == len(header):
                    # Of columns with equal names the first counts.
                    yield dict(zip(reversed(header), reversed(row)))
    except (OSError, EOFError, csv.Error) as error:
        raise UnusableFile(f"{path}: {error}") from error


def station_of(text):
    """The station's id, or None where it is empty, too long, or not text."""
    station = text.strip(BLANKS)
    try:
        length = len(station.encode())
    except UnicodeEncodeError:
        return None
    return station if 1 <= length <= STATION_BYTES_MAX and not CONTROL.search(station) else None


def is_summary(row):
    """Whether a row is the summary of a day or month."""
    return row.get("REPORT_TYPE", "").strip(BLANKS) in SUMMARIES


def hour_of(text):
    """The hour that a DATE lies in, as it is printed, or None when there is no such moment."""
    match = MOMENT.fullmatch(text)
    if not match:
        return None
    try:
        datetime.datetime(*map(int, match.groups()))
    except ValueError:
        return None
    return f"{text[:10]}T{text[11:13]}:00:00Z"


def temperature_of(text, quality, lowest=LOWEST, highest=HIGHEST):
    """The temperature in degrees C, or None when it is missing or the rule refuses it."""
    match = TEMPERATURE.fullmatch(text)
    if not match or match[1] == MISSING:
        return None
    if quality == "passed" and match[2] in SUSPECT_OR_ERRONEOUS:
        return None
    degrees = Decimal(match[1]).scaleb(-1)
    return degrees if lowest <= degrees <= highest else None


def readings(paths, quality):
    """(station, hour, degrees C) of each accepted observation, in file order."""
    for path in files_under(paths):
        for row in rows_of(path):
            if is_summary(row):
                continue
            station, hour = station_of(row["STATION"]), hour_of(row["DATE"])
            degrees = temperature_of(row["TMP"], quality)
            if None not in (station, hour, degrees):
                yield station, hour, degrees


def with_decimals(value, places):
    """An exact number with so many decimals, rounded half to even, zero without a sign."""
    # round() of a Fraction to an integer is exact and takes the even neighbour of a tie.
    units = round(Fraction(value) * 10**places)
    whole, part = divmod(abs(units), 10**places)
    return f"{'-' if units < 0 else ''}{whole}.{part:0{places}d}"


def hours(paths, quality, by_station):
    """The lines to print, header first."""
    groups = {}
    for station, hour, degrees in readings(paths, quality):
        key = (station, hour) if by_station else (hour,)
        groups.setdefault(key, []).append(degrees)
    yield ("station," if by_station else "") + "hour,count,min_tmp,mean_tmp,max_tmp"
    for key in sorted(groups):
        group = groups[key]
        mean = sum(map(Fraction, group)) / len(group)
        figures = with_decimals(min(group), 1), with_decimals(mean, 6), with_decimals(max(group), 1)
        yield ",".join((*key, str(len(group)), *figures))


def main():
    # A reader that stops early, such as `head`, ends this quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", metavar="PATH", help="CSV file, .csv.gz, or folder")
    parser.add_argument(
        "--quality",
        choices=("passed", "all"),
        default="passed",
        help="passed (default) refuses quality codes 2, 3, 6, 7; all refuses only what is missing",
    )
    parser.add_argument("--by-station", action="store_true", help="a line a station and hour")
    options = parser.parse_args()
    try:
        for line in hours(options.paths, options.quality, options.by_station):
            print(line)
    except UnusableFile as error:
        sys.exit(f"exact_hours: {error}")


if __name__ == "__main__":
    main()
