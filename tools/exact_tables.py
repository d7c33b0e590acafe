#!/usr/bin/env python3
"""Every result set of `moaa backfill`, computed exactly from global-hourly CSV files.

This is the second opinion on `moaa backfill --by NAME --format csv` and `moaa table NAME --format
csv`: the rules of docs/decisions/0009-backfill.md written again with the standard library only,
sharing nothing with moaa. Every report is kept, every figure is one division of whole numbers. What a
row says and whether it is accepted is exact_hours.py's; this file says what is made of the rows.
"""

import argparse
import collections
import datetime
import gzip
import hashlib
import pathlib
import re
import signal
import sys
from decimal import Decimal
from fractions import Fraction

import exact_hours
from exact_hours import UnusableFile, with_decimals

EPOCH = datetime.datetime(1970, 1, 1)
AHEAD_SECONDS_MAX = 86_400

DEW_LOWEST, DEW_HIGHEST = Decimal("-98.2"), Decimal("36.8")
MISSING_ELEVATION = Decimal("9999")
LATITUDE_MAX, LONGITUDE_MAX = 90, 180
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)

METAR, SYNOP, SPECIAL = "FM-15", "FM-12", "FM-16"
# A synoptic report stamped this early in its hour repeats a METAR made this late in the hour before.
COPY_SECONDS, COPIED_SECONDS = 600, 900

SEASONS = ("Winter", "Spring", "Summer", "Autumn")

# Name of a result set → its key columns, as COLUMN=KEY or both in one, and its figures.
HOURLY = "count min_tmp mean_tmp max_tmp"
BY = {
    "hour": ("hour", HOURLY),
    "station-hour": ("station hour", HOURLY),
    "day": ("day=date", HOURLY),
    "month": ("year month", HOURLY),
    "season": ("year=season_year season", HOURLY),
    "year": ("year", HOURLY),
    "city-month": ("ville STATION=station year month", HOURLY),
    "station-year": (
        "STATION=station year",
        HOURLY + " mean_dew latitude longitude mean_elevation",
    ),
}
PERIODS = {
    "year": "year",
    "month": "year month",
    "day": "year month day",
    "season": "year=season_year season",
}
TABLES = {
    **{f"mean_temperatures_by_{name}": (keys, "mean_tmp") for name, keys in PERIODS.items()},
    **{
        f"min_max_temperatures_by_{name}": (keys, "min_tmp max_tmp")
        for name, keys in PERIODS.items()
    },
    "min_max_temperatures_by_month_and_city": (
        "ville STATION=station year month",
        "min_tmp max_tmp",
    ),
    "mean_dew_tmp_by_month": ("year month", "mean_tmp mean_dew"),
    "mean_tmp_elevation_by_year": ("year STATION=station", "mean_tmp mean_elevation"),
    "grouped_by_year_by_stations": ("station_id=station year", "mean_tmp latitude longitude"),
}

# An accepted row. `time` and all of its parts are UTC; what is missing is None.
Report = collections.namedtuple(
    "Report", "station time kind tmp dew name latitude longitude elevation"
)

# How a table is made: `reports` all or routine, `weight` reports or stations, `seasons`
# meteorological or quarter.
Choice = collections.namedtuple("Choice", "reports weight seasons")


# Rows.


def distinct_files(paths):
    """The files, of those with the same bytes after decompression the first."""
    seen = set()
    for path in exact_hours.files_under(paths):
        try:
            with (gzip.open if path.name.endswith(".gz") else open)(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
        except (OSError, EOFError) as error:
            raise UnusableFile(f"{path}: {error}") from error
        if digest not in seen:
            seen.add(digest)
            yield path


def number_of(text, missing):
    """A decimal number exactly, or None when it is missing or not a number."""
    text = text.strip(exact_hours.BLANKS)
    if not NUMBER.fullmatch(text) or Decimal(text) == missing:
        return None
    return Fraction(text)


def coordinate_of(text, greatest):
    """Degrees to the nearest microdegree, or None: 999.999 lies beyond what there is."""
    degrees = number_of(text, None)
    if degrees is None or abs(to_millionths(degrees)) > greatest:
        return None
    return to_millionths(degrees)


def reports_of(paths, quality, read_at):
    """Each accepted report of the files, with what it says besides the temperature."""
    for path in distinct_files(paths):
        for row in exact_hours.rows_of(path):
            station, moment = exact_hours.station_of(row["STATION"]), moment_of(row["DATE"])
            tmp = exact_hours.temperature_of(row["TMP"], quality)
            if None in (station, moment, tmp) or exact_hours.is_summary(row):
                continue
            if (moment - read_at).total_seconds() > AHEAD_SECONDS_MAX:
                continue
            yield Report(
                station,
                moment,
                row.get("REPORT_TYPE", "").strip(exact_hours.BLANKS),
                Fraction(tmp),
                dew_of(row.get("DEW", ""), quality),
                row.get("NAME", "").strip(exact_hours.BLANKS) or None,
                coordinate_of(row.get("LATITUDE", ""), LATITUDE_MAX),
                coordinate_of(row.get("LONGITUDE", ""), LONGITUDE_MAX),
                number_of(row.get("ELEVATION", ""), MISSING_ELEVATION),
            )


def moment_of(text):
    if exact_hours.hour_of(text) is None:
        return None
    return datetime.datetime.fromisoformat(text.removesuffix("Z"))


def dew_of(text, quality):
    dew = exact_hours.temperature_of(text, quality, DEW_LOWEST, DEW_HIGHEST)
    return None if dew is None else Fraction(dew)


# Which reports of an hour count.


def seconds_into_hour(report):
    return report.time.minute * 60 + report.time.second


def routine(reports, before):
    """At most one of a station's reports of an hour; `before` are those of the hour before it."""
    copied = any(
        report.kind == METAR and seconds_into_hour(report) >= 3600 - COPIED_SECONDS
        for report in before
    )

    def rank(report):
        if report.kind == METAR:
            order = 0
        elif report.kind == SYNOP and seconds_into_hour(report) < COPY_SECONDS:
            order = 2
        else:
            order = 1
        # A report with a dew point goes before one without.
        return order, report.time, report.tmp, report.dew is None, report.dew or 0

    eligible = [
        report
        for report in reports
        if report.kind != SPECIAL and not (copied and rank(report)[0] == 2)
    ]
    return sorted(eligible, key=rank)[:1]


def station_hours(accepted, choice):
    """(station, hour) → the reports that count, where any does."""
    hours = collections.defaultdict(list)
    for report in accepted:
        hour = report.time.replace(minute=0, second=0)
        hours[report.station, hour].append(report)
    if choice.reports == "routine":
        hours = {
            (station, hour): routine(reports, before(hours, station, hour))
            for (station, hour), reports in hours.items()
        }
    return {key: reports for key, reports in hours.items() if reports}


def before(hours, station, hour):
    if hour == datetime.datetime.min:
        return ()
    return hours.get((station, hour - datetime.timedelta(hours=1)), ())


# What is known of a station in a month or in a year, from all of its accepted reports.


class Place:
    """Name, coordinates and elevation of a station in one span of time."""

    def __init__(self):
        self.names, self.coordinates, self.elevations = [], [], []

    def add(self, report):
        if report.name is not None:
            name = report.name.encode(errors="surrogateescape")
            self.names.append((report.time, name, report.name))
        if report.latitude is not None and report.longitude is not None:
            self.coordinates.append((report.time, (report.latitude, report.longitude)))
        if report.elevation is not None:
            self.elevations.append(report.elevation)

    @property
    def name(self):
        return max(self.names)[-1] if self.names else ""

    @property
    def latitude(self):
        return max(self.coordinates)[1][0] if self.coordinates else None

    @property
    def longitude(self):
        return max(self.coordinates)[1][1] if self.coordinates else None

    @property
    def mean_elevation(self):
        return sum(self.elevations) / len(self.elevations) if self.elevations else None


def places_of(accepted):
    """(station, year) and (station, year, month) → Place."""
    places = collections.defaultdict(Place)
    for report in accepted:
        year, month = report.time.year, report.time.month
        places[report.station, year].add(report)
        places[report.station, year, month].add(report)
    return places


# Tables.


def season_of(hour, latitude, seasons):
    """The year that a season counts to, and the season's place in SEASONS."""
    if seasons == "quarter":
        return hour.year, (hour.month - 1) // 3
    year = hour.year + (hour.month == 12)
    index = hour.month % 12 // 3
    return year, (index + 2) % 4 if latitude is not None and latitude < 0 else index


def keys_of(station, hour, places, seasons):
    """Each key of a station-hour, as it is sorted."""
    place = places[station, hour.year, hour.month]
    season_year, season = season_of(hour, place.latitude, seasons)
    return {
        "station": station.encode(),
        "hour": hour,
        "date": hour.date(),
        "year": hour.year,
        "month": hour.month,
        "day": hour.day,
        "season_year": season_year,
        "season": season,
        "ville": place.name.encode(errors="surrogateescape"),
    }


def key_text(key, value):
    if key == "season":
        return SEASONS[value]
    if key == "hour":
        return value.isoformat() + "Z"
    return quoted(
        value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)
    )


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text


def to_millionths(value):
    """Rounded half to even, as a number of that many decimals."""
    return Fraction(round(value * 10**6), 10**6)


def mean_of(groups, weight):
    """The mean of groups of values, one a station-hour, of which some may be empty."""
    if weight == "stations":
        values = [to_millionths(sum(group) / len(group)) for group in groups if group]
    else:
        values = [value for group in groups for value in group]
    return sum(values) / len(values) if values else None


def figure_text(figure, group, place, weight):
    """One figure of a group of station-hours, a list of reports each."""
    temperatures = [report.tmp for reports in group for report in reports]
    if figure == "count":
        return str(len(group) if weight == "stations" else len(temperatures))
    if figure == "min_tmp":
        return with_decimals(min(temperatures), 1)
    if figure == "max_tmp":
        return with_decimals(max(temperatures), 1)
    if figure == "mean_tmp":
        value = mean_of([[report.tmp for report in reports] for reports in group], weight)
    elif figure == "mean_dew":
        value = mean_of(
            [[report.dew for report in reports if report.dew is not None] for reports in group],
            weight,
        )
    else:
        value = getattr(place, figure)
    if value is None:
        return ""
    text = with_decimals(value, 6)
    if figure in ("latitude", "longitude"):
        whole, _, part = text.partition(".")
        return f"{whole}.{part.rstrip('0') or '0'}"
    return text


class Observations:
    """The accepted reports of files, and what is known of their stations.

    `read_at` is the moment of reading, in UTC without a zone; None means now.
    """

    def __init__(self, paths, quality, read_at=None):
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self.accepted = list(reports_of(paths, quality, read_at or now))
        self.places = places_of(self.accepted)

    def lines(self, result_set, choice):
        """The lines to print, header first, of a result set as BY and TABLES have them."""
        return self.tables([result_set], choice)[0]

    def tables(self, result_sets, choice):
        """The lines of several result sets."""
        hours = [
            (keys_of(station, hour, self.places, choice.seasons), reports)
            for (station, hour), reports in station_hours(self.accepted, choice).items()
        ]
        return [
            list(self.lines_of(*result_set, hours, choice.weight)) for result_set in result_sets
        ]

    def lines_of(self, keys, figures, hours, weight):
        pairs = [column.partition("=") for column in keys.split()]
        columns, keys, figures = (
            [pair[0] for pair in pairs],
            [pair[2] or pair[0] for pair in pairs],
            figures.split(),
        )
        groups = collections.defaultdict(list)
        for of, reports in hours:
            groups[tuple(of[key] for key in keys)].append(reports)
        yield ",".join(columns + figures)
        for key, group in sorted(groups.items(), key=lambda item: item[0]):
            named = dict(zip(keys, key))
            # What a station-year shows of its place; other groups show nothing of one.
            place = None
            if "station" in named and "year" in named and "month" not in named:
                place = self.places[named["station"].decode(), named["year"]]
            texts = [key_text(name, value) for name, value in named.items()]
            texts += [figure_text(figure, group, place, weight) for figure in figures]
            yield ",".join(texts)


def main():
    # A reader that stops early, such as `head`, ends this quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", metavar="PATH", help="CSV file, .csv.gz, or folder")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--by", choices=BY, help="a result set of backfill")
    which.add_argument("--table", choices=TABLES, metavar="NAME", help=", ".join(TABLES))
    which.add_argument("--into", metavar="FOLDER", type=pathlib.Path, help="all, as NAME.csv each")
    # The first of each is the default.
    for name, choices in (
        ("--quality", ("passed", "all")),
        ("--reports", ("all", "routine")),
        ("--weight", ("reports", "stations")),
        ("--seasons", ("meteorological", "quarter")),
    ):
        parser.add_argument(name, choices=choices, default=choices[0])
    options = parser.parse_args()
    choice = Choice(options.reports, options.weight, options.seasons)
    result_sets = {**BY, **TABLES}
    names = result_sets if options.into else [options.by or options.table]
    try:
        tables = Observations(options.paths, options.quality).tables(
            [result_sets[name] for name in names], choice
        )
    except UnusableFile as error:
        sys.exit(f"exact_tables: {error}")
    for name, lines in zip(names, tables):
        data = "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
        if options.into:
            options.into.mkdir(parents=True, exist_ok=True)
            (options.into / f"{name}.csv").write_bytes(data)
        else:
            sys.stdout.buffer.write(data)


if __name__ == "__main__":
    main()
