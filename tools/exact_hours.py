#!/usr/bin/env python3
"""Hourly min, mean, max and count of NOAA global-hourly CSV and GHCNh files, computed exactly.

This is the second opinion on `moaa hours --format csv`: the same rules written again from the ISD
format document and the README of GHCNh, with the standard library only, sharing nothing with moaa. It keeps every accepted
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
from decimal import ROUND_HALF_EVEN, Decimal
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


# GHCNh: which letters and digits are codes, by source, and which of them refuse a value.
GHCNH_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
ISD_SOURCES = frozenset(("313", "314", "315", "322", "335", "343", "344", "346"))
USAF_SOURCES = frozenset(("220", "221", "222", "223", "347", "348"))
# Checks of GHCNh's own: all of these letters, and small ones, say that the value failed.
FAILED_CHECKS = frozenset("DEFHKLNSTVW")


class UnusableFile(Exception):
    """The file cannot be read as global-hourly CSV at all."""


def files_under(paths):
    """The files named, and those of the folders named, at any depth, with such a name."""
    for path in map(pathlib.Path, paths):
        if not path.is_dir():
            yield path
            continue
        for inner in sorted(path.rglob("*")):
            if inner.is_file() and inner.name.endswith((".csv", ".csv.gz", ".psv", ".psv.gz")):
                yield inner


def ghcnh_code(code, source):
    """The ISD code that says of a value what GHCNh's code says, or None when nothing tells."""
    code = code.strip(BLANKS)
    code = code[:1] if code[1:2] == "-" else code
    if not code:
        return "9"
    found = []
    for letter in code:
        if letter in ", ":
            continue
        if letter.islower() and letter.isascii() or letter in FAILED_CHECKS:
            found.append("3")
        elif letter == "9":
            found.append("9")
        elif source in ISD_SOURCES and letter in "01234567ACIMPRU":
            found.append(letter)
        elif letter in "CU":
            found.append("3")
        elif source in USAF_SOURCES and letter in "012345":
            found.append({"0": "9", "4": "9", "5": "3"}.get(letter, letter))
        elif source == "345" and letter in "013":
            found.append({"0": "1", "1": "2", "3": "3"}[letter])
        else:
            return None
    # The worst one counts; which of equals makes no difference.
    return max(found, key=lambda one: 2 if one in "37" else 1 if one in "26" else 0, default=None)


def ghcnh_row(row):
    """A row of GHCNh with the columns of global-hourly, as far as hours need them."""
    row = {name.lower(): text for name, text in row.items()}
    moment = row.get("date", "").strip(BLANKS)
    if "date" not in row:
        parts = [row[name].strip(BLANKS) for name in ("year", "month", "day", "hour", "minute")]
        if all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            moment = "{:04}-{:02}-{:02}T{:02}:{:02}:00".format(*map(int, parts))
    number = row["temperature"].strip(BLANKS)
    temperature = MISSING + ",9"
    if number and GHCNH_NUMBER.fullmatch(number):
        tenths = int((Decimal(number) * 10).to_integral_value(ROUND_HALF_EVEN))
        source = row["temperature_source_code"].strip(BLANKS)
        code = ghcnh_code(row["temperature_quality_code"], source)
        # What is no temperature of the ISD form is refused, as it should be.
        if abs(tenths) != 99990:
            temperature = f"{tenths:+05},{code}"
    kind = row.get("temperature_report_type", "").strip(BLANKS)
    return {
        "STATION": row.get("station", row.get("station_id", "")),
        "DATE": moment,
        "TMP": temperature,
        "REPORT_TYPE": re.split("[-_]", kind)[0] if kind[:3] in SUMMARIES else "",
    }


def ghcnh_rows(text, header):
    """Each row of GHCNh that has as many fields as the header."""
    for line in text:
        fields = line.rstrip("\n").rstrip("\r").split("|")
        if len(fields) == len(header):
            yield ghcnh_row(dict(zip(header, fields)))


def rows_of(path):
    """Each row that has as many fields as the header, as a dictionary by column name."""
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            first = text.readline()
            if first.find("|") >= 0 and ("," not in first or first.find("|") < first.find(",")):
                yield from ghcnh_rows(text, [name.strip(BLANKS) for name in first.strip().split("|")])
                return
            text.seek(0)
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
    parser.add_argument("paths", nargs="+", metavar="PATH", help="CSV or PSV file, also .gz, or folder")
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
