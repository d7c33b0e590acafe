"""exact_tables.py against figures worked out by hand."""

import datetime
import gzip
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))
sys.dont_write_bytecode = True

import exact_tables  # noqa: E402  (found through the path above)

COLUMNS = (
    "STATION",
    "DATE",
    "LATITUDE",
    "LONGITUDE",
    "ELEVATION",
    "NAME",
    "REPORT_TYPE",
    "TMP",
    "DEW",
)
HEADER = ",".join(COLUMNS) + "\n"
FIGURES = "count,min_tmp,mean_tmp,max_tmp"


def row(
    date,
    tmp,
    report="FM-15",
    station="A",
    dew="+9999,9",
    name="JAN",
    at=("70.5", "-8.25"),
    elevation="9.0",
):
    fields = (station, date, *at, elevation, name.replace('"', '""'), report, tmp, dew)
    return ",".join(f'"{field}"' for field in fields) + "\n"


class ExactTables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, text, name="a.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def lines(
        self, name, *rows, header=None, quality="passed", reports="all", weight="reports",
        seasons="meteorological", read_at=None,
    ):  # fmt: skip
        """The lines of a result set after its header, which is checked where one is named."""
        self.write(HEADER + "".join(rows))
        result_set = exact_tables.BY.get(name) or exact_tables.TABLES[name]
        choice = exact_tables.Choice(reports, weight, seasons)
        observations = exact_tables.Observations([self.folder], quality, read_at)
        first, *rest = observations.lines(result_set, choice)
        if header:
            self.assertEqual(first, header)
        return rest

    def routine(self, *rows):
        """(hour of the day, temperature) of the reports that count under `--reports routine`."""
        lines = self.lines("station-hour", *rows, reports="routine")
        for line in lines:
            self.assertEqual(line.split(",")[2], "1")
        return [(line[13:15], line.rsplit(",", 1)[1]) for line in lines]


class WhatCounts(ExactTables):
    def test_hours_are_those_of_exact_hours(self):
        rows = [
            row("2022-06-24T08:00:00", "+0123,1"),
            row("2022-06-24T08:20:00", "+0100,1", station="B"),
            row("2022-06-24T08:59:59", "+0144,5"),
            row("2022-06-24T08:30:00", "+0300,3"),
            row("2022-06-24T08:30:00", "+9999,9"),
            row("2022-06-24T08:30:00", "+0300,1", report="SOD  "),
        ]
        self.assertEqual(
            self.lines("hour", *rows, header="hour," + FIGURES),
            ["2022-06-24T08:00:00Z,3,10.0,12.233333,14.4"],
        )
        self.assertEqual(
            self.lines("hour", *rows, quality="all"), ["2022-06-24T08:00:00Z,4,10.0,16.675000,30.0"]
        )
        self.assertEqual(
            self.lines("station-hour", *rows, header="station,hour," + FIGURES),
            [
                "A,2022-06-24T08:00:00Z,2,12.3,13.350000,14.4",
                "B,2022-06-24T08:00:00Z,1,10.0,10.000000,10.0",
            ],
        )

    def test_a_row_more_than_a_day_ahead_of_the_clock_is_refused(self):
        rows = [row("2022-06-25T08:00:00", "+0100,1"), row("2022-06-25T08:00:01", "+0200,1")]
        read_at = datetime.datetime(2022, 6, 24, 8)
        self.assertEqual(
            self.lines("hour", *rows, read_at=read_at),
            ["2022-06-25T08:00:00Z,1,10.0,10.000000,10.0"],
        )
        self.assertEqual(self.lines("hour", row("9999-12-31T23:00:00", "+0100,1")), [])

    def test_one_content_counts_once_however_it_is_packed(self):
        text = HEADER + row("2022-06-24T08:00:00", "+0100,1")
        self.write(text, "b.csv")
        self.write(gzip.compress(text.encode()), "c.csv.gz")
        self.write(text + "\n", "d.csv")
        self.assertEqual(
            self.lines("hour", row("2022-06-24T08:00:00", "+0100,1")),
            ["2022-06-24T08:00:00Z,2,10.0,10.000000,10.0"],
        )


class Routine(ExactTables):
    def test_a_metar_is_taken_before_others_and_specials_never(self):
        self.assertEqual(
            self.routine(
                row("2022-06-24T08:10:00", "+0100,1", "FM-12"),
                row("2022-06-24T08:50:00", "+0200,1", "FM-15"),
                row("2022-06-24T08:05:00", "+0300,1", "FM-16"),
                row("2022-06-24T09:05:00", "+0300,1", "FM-16"),
            ),
            [("08", "20.0")],
        )

    def test_of_equals_the_earliest_then_the_lower_temperature(self):
        self.assertEqual(
            self.routine(
                row("2022-06-24T08:20:00", "+0100,1"),
                row("2022-06-24T08:19:00", "+0300,1"),
                row("2022-06-24T08:19:00", "+0200,1"),
                row("2022-06-24T09:20:00", "+0100,1", "SAO  "),
                row("2022-06-24T09:10:00", "+0110,1", "FM-12"),
            ),
            [("08", "20.0"), ("09", "11.0")],
        )

    def test_then_the_lower_dew_point_and_none_last(self):
        def dew(*dews):
            rows = [row("2022-06-24T08:00:00", "+0200,1", dew=text) for text in dews]
            return self.lines("mean_dew_tmp_by_month", *rows, reports="routine")

        self.assertEqual(dew("+0100,1", "-0100,1", "+0050,1"), ["2022,6,20.000000,-10.000000"])
        self.assertEqual(dew("+9999,9", "+0100,1"), ["2022,6,20.000000,10.000000"])
        # A refused dew point is none.
        self.assertEqual(dew("-0100,3", "+0100,1"), ["2022,6,20.000000,10.000000"])

    def test_a_synop_of_the_first_ten_minutes_is_taken_last(self):
        early, late = (
            [
                row(f"2022-06-24T08:{minute}", "+0100,1", "FM-12"),
                row("2022-06-24T08:40:00", "+0200,1", "SY-MT"),
            ]
            for minute in ("09:59", "10:00")
        )
        self.assertEqual(self.routine(*early), [("08", "20.0")])
        self.assertEqual(self.routine(*late), [("08", "10.0")])
        self.assertEqual(self.routine(early[0]), [("08", "10.0")])

    def test_a_synop_that_copies_the_metar_of_the_hour_before_does_not_count(self):
        synop = row("2022-06-24T00:00:00", "+0100,1", "FM-12")
        for minute, counts in (("45:00", False), ("59:59", False), ("44:59", True)):
            lines = self.routine(row(f"2022-06-23T23:{minute}", "+0120,1"), synop)
            self.assertEqual(lines, [("23", "12.0")] + [("00", "10.0")] * counts, minute)
        # Of another station, of another kind, or refused.
        for before in (
            row("2022-06-23T23:51:00", "+0120,1", station="B"),
            row("2022-06-23T23:51:00", "+0120,1", "FM-16"),
            row("2022-06-23T23:51:00", "+0120,3"),
            row("2022-06-23T22:51:00", "+0120,1"),
        ):
            self.assertIn(("00", "10.0"), self.routine(before, synop))
        # One that comes later in the hour is no copy, and others take a copy's place.
        metar = row("2022-06-23T23:51:00", "+0120,1")
        self.assertIn(("00", "10.0"), self.routine(metar, synop.replace("T00:00:00", "T00:10:00")))
        self.assertIn(
            ("00", "13.0"), self.routine(metar, synop, row("2022-06-24T00:50:00", "+0130,1", "SAO"))
        )

    def test_a_metar_that_is_not_taken_itself_is_copied_all_the_same(self):
        self.assertEqual(
            self.routine(
                row("2022-06-24T07:10:00", "+0110,1"),
                row("2022-06-24T07:51:00", "+0120,1"),
                row("2022-06-24T08:00:00", "+0120,1", "FM-12"),
            ),
            [("07", "11.0")],
        )


class Weights(ExactTables):
    def test_each_station_counts_once_an_hour(self):
        rows = [
            row("2022-06-24T08:00:00", "+0100,1", dew="+0010,1"),
            row("2022-06-24T08:20:00", "+0200,1"),
            row("2022-06-24T08:00:00", "+0300,1", station="B", dew="+0020,1"),
            row("2022-06-24T09:00:00", "+0400,1", station="B", dew="+0021,1"),
            row("2022-06-24T09:10:00", "+0400,1", station="B", dew="+0025,1"),
        ]
        self.assertEqual(
            self.lines("hour", *rows, weight="stations"),
            [
                "2022-06-24T08:00:00Z,2,10.0,22.500000,30.0",
                "2022-06-24T09:00:00Z,1,40.0,40.000000,40.0",
            ],
        )
        # (15 + 30 + 40) / 3 and (1.0 + 2.0 + 2.3) / 3.
        self.assertEqual(
            self.lines("month", *rows, weight="stations"), ["2022,6,3,10.0,28.333333,40.0"]
        )
        self.assertEqual(
            self.lines("mean_dew_tmp_by_month", *rows, weight="stations"),
            ["2022,6,28.333333,1.766667"],
        )
        self.assertEqual(self.lines("mean_dew_tmp_by_month", *rows), ["2022,6,28.000000,1.900000"])

    def test_a_station_hour_is_rounded_before_it_is_counted(self):
        # 0.1 / 64 = 0.0015625 → 0.001562 and 0.3 / 64 = 0.0046875 → 0.004688: the mean is 0.003125.
        rows = [row("2022-06-24T08:00:00", "+0001,1")] + [
            row("2022-06-24T08:00:00", "+0000,1")
        ] * 63
        rows += [row("2022-06-24T09:00:00", "+0003,1")] + [
            row("2022-06-24T09:00:00", "+0000,1")
        ] * 63
        self.assertEqual(
            self.lines("day", *rows, weight="stations"), ["2022-06-24,2,0.0,0.003125,0.3"]
        )
        # (0.001562 + 0.0) / 2, where the exact mean is 0.00078125.
        rows = rows[:64] + [row("2022-06-24T09:00:00", "+0000,1")]
        self.assertEqual(
            self.lines("day", *rows, weight="stations"), ["2022-06-24,2,0.0,0.000781,0.1"]
        )
        # Two of 0.0015625 and one of 0: 0.0010413…, where the exact mean is 0.0010416….
        rows = rows[:64] + [line.replace("T08", "T10") for line in rows[:64]] + rows[64:]
        self.assertEqual(
            self.lines("day", *rows, weight="stations"), ["2022-06-24,3,0.0,0.001041,0.1"]
        )


class Seasons(ExactTables):
    NORTH, SOUTH = ("0.0", "1"), ("-0.000001", "1")

    def seasons(self, at, seasons="meteorological"):
        rows = [row(f"2022-{month:02}-15T00:00:00", "+0100,1", at=at) for month in range(1, 13)]
        lines = self.lines("season", *rows, seasons=seasons, header="year,season," + FIGURES)
        return [" ".join(line.split(",")[:3]) for line in lines]

    def test_december_counts_to_the_year_that_follows(self):
        self.assertEqual(
            self.seasons(self.NORTH),
            ["2022 Winter 2", "2022 Spring 3", "2022 Summer 3", "2022 Autumn 3", "2023 Winter 1"],
        )

    def test_the_south_has_the_season_that_it_is_there(self):
        self.assertEqual(
            self.seasons(self.SOUTH),
            ["2022 Winter 3", "2022 Spring 3", "2022 Summer 2", "2022 Autumn 3", "2023 Summer 1"],
        )

    def test_quarters_are_the_same_everywhere_and_in_their_own_year(self):
        quarters = ["2022 Winter 3", "2022 Spring 3", "2022 Summer 3", "2022 Autumn 3"]
        for at in (self.NORTH, self.SOUTH, ("", "")):
            self.assertEqual(self.seasons(at, "quarter"), quarters)

    def test_without_a_latitude_it_is_the_north(self):
        for at in (("", ""), ("999.999", "999.999"), ("-9x", "1")):
            self.assertIn("2023 Winter 1", self.seasons(at))

    def test_the_latitude_is_that_of_the_month(self):
        rows = [
            row("2022-01-01T00:00:00", "+0100,1", at=self.NORTH),
            row("2022-01-02T00:00:00", "+0200,1", at=self.SOUTH),
            row("2022-02-01T00:00:00", "+0300,1", at=self.NORTH),
        ]
        self.assertEqual(
            self.lines("mean_temperatures_by_season", *rows, header="year,season,mean_tmp"),
            ["2022,Winter,30.000000", "2022,Summer,15.000000"],
        )


class Places(ExactTables):
    def year(self, *rows, **choice):
        header = f"STATION,year,{FIGURES},mean_dew,latitude,longitude,mean_elevation"
        return [
            line.split(",", 2)[2].split(",")[4:]
            for line in self.lines("station-year", *rows, header=header, **choice)
        ]

    def test_what_is_missing_is_an_empty_field(self):
        for elevation, at in (
            ("9999", ("999.999", "999.999")), ("+9999.0", ("+999.999", "999.9990")), ("", ("", "")),
            ("high", ("north", "west")), ("1e3", ("1", "")),
        ):  # fmt: skip
            rows = row("2022-06-24T08:00:00", "+0100,1", at=at, elevation=elevation)
            self.assertEqual(self.year(rows), [["", "", "", ""]], at)

    def test_a_file_without_the_columns_has_no_place(self):
        self.write('STATION,DATE,TMP\nA,2022-06-24T08:00:00,"+0100,1"\n', "b.csv")
        self.assertEqual(self.year(), [["", "", "", ""]])
        self.assertEqual(self.lines("city-month"), [",A,2022,6,1,10.0,10.000000,10.0"])

    def test_coordinates_have_the_decimals_they_need(self):
        for at, shown in (
            (("21.67", "40"), ["21.67", "40.0"]), (("-0.500000", "-0"), ["-0.5", "0.0"]),
            (("48.6166666", "+133.8333333"), ["48.616667", "133.833333"]),
        ):  # fmt: skip
            self.assertEqual(self.year(row("2022-06-24T08:00:00", "+0100,1", at=at))[0][1:3], shown)

    def test_name_and_coordinates_are_the_latest_that_are_there(self):
        rows = [
            row("2022-06-24T10:00:00", "+0100,1", name=" ", at=("999.999", "3")),
            row("2022-06-24T09:00:00", "+0100,1", name="B", at=("1", "9")),
            row("2022-06-24T09:00:00", "+0100,1", name="Bc", at=("2", "-5")),
            row("2022-06-24T09:00:00", "+0100,1", name="BC", at=("2", "-6")),
            row("2022-06-24T08:00:00", "+0100,1", name="Z", at=("80", "80")),
            row("2022-06-24T11:00:00", "+0100,3", name="Z", at=("80", "80")),
            row("2022-07-24T08:00:00", "+0100,1", name="NEXT", at=("3", "4")),
        ]
        june = self.lines("city-month", *rows, header="ville,STATION,year,month," + FIGURES)[0]
        self.assertEqual(june, "Bc,A,2022,6,5,10.0,10.000000,10.0")
        self.assertEqual(self.year(*rows[:6])[0][1:3], ["2.0", "-5.0"])
        self.assertEqual(self.year(*rows)[0][1:3], ["3.0", "4.0"])

    def test_elevation_and_place_are_of_accepted_reports_and_dew_of_those_that_count(self):
        rows = [
            row("2022-06-24T08:00:00", "+0100,1", elevation="10", dew="+0010,1"),
            row(
                "2022-06-24T08:10:00",
                "+0200,1",
                "FM-16",
                elevation="10.01",
                dew="+0020,1",
                at=("1", "2"),
            ),
            row("2022-06-24T08:20:00", "+0200,1", "FM-16", elevation="9999.0"),
            row("2022-06-24T08:30:00", "+0300,2", elevation="5000", dew="+0030,1"),
        ]
        self.assertEqual(self.year(*rows[:2]), [["1.500000", "1.0", "2.0", "10.005000"]])
        self.assertEqual(
            self.year(*rows, reports="routine"), [["1.000000", "70.5", "-8.25", "10.005000"]]
        )
        self.assertEqual(
            self.lines(
                "mean_tmp_elevation_by_year", *rows, header="year,STATION,mean_tmp,mean_elevation"
            ),
            ["2022,A,16.666667,10.005000"],
        )

    def test_dew_points_are_refused_by_quality_range_and_form(self):
        def dew(text, **choice):
            return self.lines(
                "mean_dew_tmp_by_month", row("2022-06-24T08:00:00", "+0100,1", dew=text), **choice
            )

        for text in ("+9999,9", "+0369,1", "-0983,1", "+0100,8", "100", "", "+0100,2", "+0100,7"):
            self.assertEqual(dew(text), ["2022,6,10.000000,"], text)
        self.assertEqual(dew("+0100,2", quality="all"), ["2022,6,10.000000,10.000000"])
        self.assertEqual(dew("+0368,5"), ["2022,6,10.000000,36.800000"])
        self.assertEqual(dew("-0982,A"), ["2022,6,10.000000,-98.200000"])


class Tables(ExactTables):
    ROWS = [
        row("2022-12-31T23:59:59", "+0100,1", station="B", name="AMI, XX", dew="+0010,1"),
        row("2023-01-01T00:00:00", "+0200,1", station="B", name="AMI, XX"),
        row("2023-01-01T00:00:00", "+0305,1", name='THE "OLD"', at=("-1", "2"), elevation="9999"),
        row("2023-10-02T00:00:00", "-0100,1", name='THE "OLD"'),
    ]

    def table(self, name, header):
        return self.lines(name, *self.ROWS, header=header)

    def test_by_day_and_year(self):
        self.assertEqual(
            self.table("day", "day," + FIGURES),
            [
                "2022-12-31,1,10.0,10.000000,10.0", "2023-01-01,2,20.0,25.250000,30.5",
                "2023-10-02,1,-10.0,-10.000000,-10.0",
            ],
        )  # fmt: skip
        self.assertEqual(
            self.table("year", "year," + FIGURES),
            ["2022,1,10.0,10.000000,10.0", "2023,3,-10.0,13.500000,30.5"],
        )

    def test_months_are_numbers_in_order(self):
        self.assertEqual(
            [line.split(",")[:2] for line in self.table("month", "year,month," + FIGURES)],
            [["2022", "12"], ["2023", "1"], ["2023", "10"]],
        )

    def test_text_is_quoted_where_csv_needs_it_and_sorted_by_bytes(self):
        self.assertEqual(
            self.table(
                "min_max_temperatures_by_month_and_city", "ville,STATION,year,month,min_tmp,max_tmp"
            ),
            [
                '"AMI, XX",B,2022,12,10.0,10.0',
                '"AMI, XX",B,2023,1,20.0,20.0',
                '"THE ""OLD""",A,2023,1,30.5,30.5',
                '"THE ""OLD""",A,2023,10,-10.0,-10.0',
            ],
        )

    def test_the_tables_of_the_replaced_layer(self):
        for name, header, lines in (
            ("mean_temperatures_by_year", "year,mean_tmp", ["2022,10.000000", "2023,13.500000"]),
            (
                "mean_temperatures_by_month", "year,month,mean_tmp",
                ["2022,12,10.000000", "2023,1,25.250000", "2023,10,-10.000000"],
            ),
            (
                "mean_temperatures_by_day", "year,month,day,mean_tmp",
                ["2022,12,31,10.000000", "2023,1,1,25.250000", "2023,10,2,-10.000000"],
            ),
            (
                "mean_temperatures_by_season", "year,season,mean_tmp",
                ["2023,Winter,15.000000", "2023,Summer,30.500000", "2023,Autumn,-10.000000"],
            ),
            ("min_max_temperatures_by_year", "year,min_tmp,max_tmp", ["2022,10.0,10.0", "2023,-10.0,30.5"]),
            (
                "min_max_temperatures_by_month", "year,month,min_tmp,max_tmp",
                ["2022,12,10.0,10.0", "2023,1,20.0,30.5", "2023,10,-10.0,-10.0"],
            ),
            (
                "min_max_temperatures_by_day", "year,month,day,min_tmp,max_tmp",
                ["2022,12,31,10.0,10.0", "2023,1,1,20.0,30.5", "2023,10,2,-10.0,-10.0"],
            ),
            (
                "min_max_temperatures_by_season", "year,season,min_tmp,max_tmp",
                ["2023,Winter,10.0,20.0", "2023,Summer,30.5,30.5", "2023,Autumn,-10.0,-10.0"],
            ),
            (
                "mean_dew_tmp_by_month", "year,month,mean_tmp,mean_dew",
                ["2022,12,10.000000,1.000000", "2023,1,25.250000,", "2023,10,-10.000000,"],
            ),
            (
                "mean_tmp_elevation_by_year", "year,STATION,mean_tmp,mean_elevation",
                ["2022,B,10.000000,9.000000", "2023,A,10.250000,9.000000", "2023,B,20.000000,9.000000"],
            ),
            (
                "grouped_by_year_by_stations", "station_id,year,mean_tmp,latitude,longitude",
                ["A,2023,10.250000,70.5,-8.25", "B,2022,10.000000,70.5,-8.25", "B,2023,20.000000,70.5,-8.25"],
            ),
        ):  # fmt: skip
            self.assertEqual(self.table(name, header), lines, name)

    def test_the_command_prints_the_lines_and_fails_on_what_is_no_csv(self):
        path = self.write(HEADER + row("2022-06-24T08:00:00", "+0100,1", name="\u00c5"))
        command = [sys.executable, str(TOOLS / "exact_tables.py")]
        good = subprocess.run(
            [*command, "--by", "city-month", "--weight", "stations", path],
            capture_output=True,
            check=False,
        )
        self.assertEqual(
            (good.returncode, good.stdout.decode()),
            (0, f"ville,STATION,year,month,{FIGURES}\n\u00c5,A,2022,6,1,10.0,10.000000,10.0\n"),
        )
        table = subprocess.run(
            [*command, "--table", "mean_temperatures_by_year", path],
            capture_output=True,
            check=False,
        )
        self.assertEqual(table.stdout, b"year,mean_tmp\n2022,10.000000\n")
        subprocess.run([*command, "--into", self.folder / "out", path], check=True)
        written = {file.stem: file.read_bytes() for file in (self.folder / "out").iterdir()}
        self.assertEqual(set(written), {*exact_tables.BY, *exact_tables.TABLES})
        self.assertEqual(written["mean_temperatures_by_year"], table.stdout)
        bad = subprocess.run(
            [*command, "--by", "hour", self.folder / "no.csv"], capture_output=True, check=False
        )
        self.assertEqual(bad.returncode, 1)
        self.assertIn(b"no.csv", bad.stderr)


if __name__ == "__main__":
    unittest.main()
