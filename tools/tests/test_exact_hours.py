"""exact_hours.py against figures worked out by hand."""

import gzip
import pathlib
import subprocess
import sys
import tempfile
import unittest
from fractions import Fraction

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))
sys.dont_write_bytecode = True

import exact_hours  # noqa: E402  (found through the path above)

HEADER = '"STATION","DATE","REPORT_TYPE","NAME","TMP"\n'
OVERALL = "hour,count,min_tmp,mean_tmp,max_tmp"
PER_STATION = "station," + OVERALL


def row(tmp, date="2022-06-24T08:00:00", station="01001099999", report="FM-15", name="JAN MAYEN, NO"):
    return f'"{station}","{date}","{report}","{name}","{tmp}"\n'


class ExactHours(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, text, name="a.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def hours(self, *rows, quality="passed", by_station=False):
        path = self.write(HEADER + "".join(rows))
        header, *lines = exact_hours.hours([path], quality, by_station)
        self.assertEqual(header, PER_STATION if by_station else OVERALL)
        return lines

    def test_min_mean_max_and_count_of_one_hour(self):
        # 12.3 + 10.0 + 14.4 = 36.7; / 3 = 12.2333...
        lines = self.hours(
            row("+0123,1"), row("+0100,1", "2022-06-24T08:20:00"), row("+0144,5", "2022-06-24T08:59:59")
        )
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,3,10.0,12.233333,14.4"])

    def test_an_hour_begins_at_its_minute_zero(self):
        lines = self.hours(row("+0010,1", "2022-06-24T08:59:59"), row("+0020,1", "2022-06-24T09:00:00"))
        self.assertEqual(
            lines, ["2022-06-24T08:00:00Z,1,1.0,1.000000,1.0", "2022-06-24T09:00:00Z,1,2.0,2.000000,2.0"]
        )

    def test_a_tie_in_the_seventh_decimal_goes_to_the_even_neighbour(self):
        # Halves of a millionth.
        self.assertEqual(exact_hours.with_decimals(Fraction(1, 2_000_000), 6), "0.000000")
        self.assertEqual(exact_hours.with_decimals(Fraction(3, 2_000_000), 6), "0.000002")
        self.assertEqual(exact_hours.with_decimals(Fraction(-3, 2_000_000), 6), "-0.000002")
        self.assertEqual(exact_hours.with_decimals(Fraction(5, 2_000_000), 6), "0.000002")

    def test_the_mean_of_64_readings_can_be_a_tie(self):
        # 0.1 / 64 = 0.0015625, and -0.3 / 64 = -0.0046875.
        lines = self.hours(row("+0001,1"), *[row("+0000,1")] * 63)
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,64,0.0,0.001562,0.1"])
        lines = self.hours(row("-0003,1"), *[row("+0000,1")] * 63)
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,64,-0.3,-0.004688,0.0"])

    def test_zero_has_no_sign(self):
        lines = self.hours(row("-0000,1"))
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,1,0.0,0.000000,0.0"])
        self.assertEqual(exact_hours.with_decimals(Fraction(-1, 10_000_000), 6), "0.000000")

    def test_below_zero_keeps_its_sign_when_the_whole_part_is_zero(self):
        lines = self.hours(row("-0003,1"), row("-0004,1"))
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,2,-0.4,-0.350000,-0.3"])

    def test_suspect_and_erroneous_are_refused_by_passed_and_kept_by_all(self):
        rows = [row(f"+0{code}00,{code}") for code in (2, 3, 6, 7)] + [row("+0100,1")]
        self.assertEqual(self.hours(*rows), ["2022-06-24T08:00:00Z,1,10.0,10.000000,10.0"])
        # 70.0 is above the range: (20 + 30 + 60 + 10) / 4.
        self.assertEqual(
            self.hours(*rows, quality="all"), ["2022-06-24T08:00:00Z,4,10.0,30.000000,60.0"]
        )

    def test_every_known_code_is_read_and_no_other(self):
        for code in "0145" + "9ACIMPRU":
            self.assertEqual(len(self.hours(row(f"+0100,{code}"))), 1, code)
        for code in ("8", "B", "a", "", "11", " "):
            self.assertEqual(self.hours(row(f"+0100,{code}"), quality="all"), [], code)

    def test_missing_is_refused_by_both(self):
        for quality in ("passed", "all"):
            self.assertEqual(self.hours(row("+9999,9"), row("+9999,1"), quality=quality), [])

    def test_the_range_is_inclusive(self):
        lines = self.hours(row("-0932,1"), row("+0618,1"))
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,2,-93.2,-15.700000,61.8"])
        self.assertEqual(self.hours(row("-0933,1"), row("+0619,1"), row("-9999,1"), quality="all"), [])

    def test_malformed_temperatures_are_refused(self):
        for tmp in ("", "0123,1", "+123,1", "+00123,1", "+0123", "+0123;1", "+012x,1", "+0123,1 "):
            self.assertEqual(self.hours(row(tmp), quality="all"), [], tmp)

    def test_bad_dates_are_refused(self):
        for date in (
            "2022-02-29T00:00:00", "2022-06-24T24:00:00", "2022-06-24T08:60:00", "2022-06-24T08:00:60",
            "2022-13-01T00:00:00", "2022-06-24", "2022-06-24T08:00", "0000-01-01T00:00:00", "",
        ):  # fmt: skip
            self.assertEqual(self.hours(row("+0100,1", date)), [], date)

    def test_leap_days_and_old_years_are_read(self):
        lines = self.hours(row("+0100,1", "2000-02-29T23:00:00"), row("+0100,1", "1901-01-01 06:00:00Z"))
        self.assertEqual(
            [line[:20] for line in lines], ["1901-01-01T06:00:00Z", "2000-02-29T23:00:00Z"]
        )

    def test_a_bad_station_is_refused(self):
        for station in ("", " \t", "01001\x0799999", "0" * 65, "01001\udcff"):
            path = self.write((HEADER + row("+0100,1", station=station)).encode(errors="surrogateescape"))
            self.assertEqual(len(list(exact_hours.hours([path], "passed", False))), 1, station)

    def test_blanks_around_a_station_are_not_part_of_it(self):
        lines = self.hours(row("+0100,1", station=" 0100109999\t"), by_station=True)
        self.assertEqual([line.partition(",")[0] for line in lines], ["0100109999"])

    def test_daily_and_monthly_summaries_are_not_observations(self):
        rows = [row("+0100,1", report=report) for report in ("SOD", "SOD  ", "SOM  ", "SOM")]
        self.assertEqual(self.hours(*rows, quality="all"), [])
        self.assertEqual(len(self.hours(row("+0100,1", report="SAO  "))), 1)

    def test_stations_are_text_and_sorted_before_hours(self):
        lines = self.hours(
            row("+0100,1", "2022-06-24T09:00:00", "A0000100002"),
            row("+0110,1", "2022-06-24T09:00:00", "01001099999"),
            row("+0120,1", "2022-06-24T08:00:00", "10010999990"),
            row("+0130,1", "2022-06-24T08:00:00", "01001099999"),
            by_station=True,
        )
        self.assertEqual(
            [line.split(",")[:2] + [line.rsplit(",")[-1]] for line in lines],
            [
                ["01001099999", "2022-06-24T08:00:00Z", "13.0"],
                ["01001099999", "2022-06-24T09:00:00Z", "11.0"],
                ["10010999990", "2022-06-24T08:00:00Z", "12.0"],
                ["A0000100002", "2022-06-24T09:00:00Z", "10.0"],
            ],
        )

    def test_equal_rows_count_each(self):
        self.assertEqual(
            self.hours(row("+0100,1"), row("+0100,1")), ["2022-06-24T08:00:00Z,2,10.0,10.000000,10.0"]
        )

    def test_quotes_commas_and_line_ends_inside_fields(self):
        name = 'THE ""OLD"" AIRPORT,\nNORTH'
        self.assertEqual(len(self.hours(row("+0100,1", name=name), row("+0110,1"))), 1)

    def test_a_short_row_is_refused_and_the_next_is_read(self):
        lines = self.hours('"01001099999","2022-06-24T08:00:00"\n', row("+0100,1"))
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,1,10.0,10.000000,10.0"])

    def test_a_row_with_a_field_too_many_is_refused(self):
        lines = self.hours(row("+0200,1").replace("\n", ',"1"\n'), row("+0100,1"))
        self.assertEqual(lines, ["2022-06-24T08:00:00Z,1,10.0,10.000000,10.0"])

    def test_of_columns_with_equal_names_the_first_counts(self):
        path = self.write('STATION,DATE, TMP,TMP\n1,2022-06-24T08:00:00,"+0100,1","+0200,1"\n')
        self.assertEqual(
            list(exact_hours.hours([path], "passed", False))[1:],
            ["2022-06-24T08:00:00Z,1,10.0,10.000000,10.0"],
        )

    def test_columns_are_found_by_name_after_a_bom_with_crlf(self):
        path = self.write(b"\xef\xbb\xbfTMP,DATE,STATION\r\n" b'"-0100,1",2022-06-24T08:00:00,1\r\n')
        self.assertEqual(
            list(exact_hours.hours([path], "passed", False))[1:],
            ["2022-06-24T08:00:00Z,1,-10.0,-10.000000,-10.0"],
        )

    def test_a_folder_is_read_at_any_depth_with_its_compressed_files(self):
        (self.folder / "2022").mkdir()
        self.write(HEADER + row("+0100,1"), "2022/a.csv")
        self.write(gzip.compress((HEADER + row("+0200,1")).encode()), "b.csv.gz")
        self.write("not ours", "notes.txt")
        self.assertEqual(
            list(exact_hours.hours([self.folder], "passed", False))[1:],
            ["2022-06-24T08:00:00Z,2,10.0,15.000000,20.0"],
        )

    def test_the_command_prints_the_lines_and_fails_on_what_is_no_csv(self):
        path = self.write(HEADER + row("+0100,1"))
        command = [sys.executable, str(TOOLS / "exact_hours.py"), "--by-station", "--quality", "all"]
        good = subprocess.run([*command, path], capture_output=True, text=True, check=False)
        self.assertEqual(
            (good.returncode, good.stdout),
            (0, PER_STATION + "\n01001099999,2022-06-24T08:00:00Z,1,10.0,10.000000,10.0\n"),
        )
        for name, content in (("b.csv", "a,b\n1,2\n"), ("c.csv", ""), ("d.csv.gz", "no gzip")):
            bad = subprocess.run(
                [*command, self.write(content, name)], capture_output=True, text=True, check=False
            )
            self.assertEqual(bad.returncode, 1, name)
            self.assertIn(name, bad.stderr)
        absent = subprocess.run([*command, self.folder / "none.csv"], capture_output=True, check=False)
        self.assertEqual(absent.returncode, 1)


class GHCNh(unittest.TestCase):
    HEADER = (
        "STATION|DATE|temperature|temperature_Quality_Code|temperature_Report_Type|"
        "temperature_Source_Code\n"
    )

    def hours(self, *rows, quality="passed", header=HEADER):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.psv"
            path.write_text(header + "".join(rows))
            return list(exact_hours.hours([folder], quality, False))[1:]

    @staticmethod
    def row(temperature, code="1", source="343", kind="FM15-METAR"):
        return f"USW00094846|2026-01-01T08:51:00|{temperature}|{code}|{kind}|{source}\n"

    def test_decimals_are_rounded_half_to_even(self):
        rows = [self.row(text) for text in ("1.25", "1.35", "-1.2500001", "7")]
        self.assertEqual(self.hours(*rows), ["2026-01-01T08:00:00Z,4,-1.3,2.075000,7.0"])

    def test_a_code_means_what_its_source_means(self):
        rows = [
            self.row("1", "5", "343"), self.row("2", "5", "220"), self.row("3", "L", "343"),
            self.row("4", "1,d", "343"), self.row("5", "9-Missing", "413"), self.row("6", "1", "413"),
            self.row("7", "C", "343"), self.row("8", "C", "220"), self.row("9", "", ""),
        ]
        self.assertEqual(self.hours(*rows), ["2026-01-01T08:00:00Z,4,1.0,5.500000,9.0"])
        self.assertEqual(
            self.hours(*rows, quality="all"), ["2026-01-01T08:00:00Z,8,1.0,4.875000,9.0"]
        )

    def test_missing_values_and_summaries_do_not_count(self):
        rows = [self.row(""), self.row("-9999"), self.row("1", kind="SOD-ASOS-A"), self.row("x")]
        self.assertEqual(self.hours(*rows), [])

    def test_the_moment_may_stand_in_five_columns(self):
        header = self.HEADER.replace("STATION|DATE", "Station_ID|Year|Month|Day|Hour|Minute")
        row = "USW00094846|2026|1|1|8|51|1.5|1||343\n"
        self.assertEqual(
            self.hours(row, header=header), ["2026-01-01T08:00:00Z,1,1.5,1.500000,1.5"]
        )


if __name__ == "__main__":
    unittest.main()
