"""What tools/bench batch must get right: when hours are the same, and what a program cost."""

import pathlib
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOOLS / "lib"), str(TOOLS / "bench_batch")]
sys.dont_write_bytecode = True

import batch  # noqa: E402  (found through the path above, as is the next)
import measuring  # noqa: E402


class SameHours(unittest.TestCase):
    ONE = "hour,count,min_tmp,mean_tmp,max_tmp\n2022-06-24T08:00:00Z,3,-0.3,0.233333,1.0\n"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def compare(self, other, one=ONE):
        for name, text in (("one", one), ("other", other)):
            (self.folder / name).write_text(text)
        batch.require_same(self.folder / "one", self.folder / "other")

    def test_hours_may_be_written_in_other_ways(self):
        self.compare(self.ONE)
        self.compare("h,n,a,b,c\n2022-06-24T08,3,-0.30000000000000004,0.23333333333333334,1\n")
        self.compare('h,n,a,b,c\n"2022-06-24 08:00:00",3,-0.3,0.2333335,1.0\n')
        station = "station,hour,count,min_tmp,mean_tmp,max_tmp\nA,2022-06-24T08,1,1.0,1.0,1.0\n"
        self.compare(station, station)

    def test_every_other_figure_hour_or_station_is_a_difference(self):
        line = self.ONE.splitlines(keepends=True)[1]
        for rows in (
            "", line + line, "A," + line, line.replace("08:", "09:"), line.replace(",3,", ",4,"),
            line.replace("-0.3", "-0.2"), line.replace("0.233333", "0.233335"), line.replace("1.0", "1.1"),
        ):  # fmt: skip
            with self.assertRaises(batch.Difference, msg=rows):
                self.compare("header\n" + rows)


class Measuring(unittest.TestCase):
    BUSY = "x = bytearray(64 << 20)\nfor i in range(5_000_000): pass\n"

    def test_time_and_memory_of_a_process_are_seen(self):
        measured = measuring.run([sys.executable, "-c", self.BUSY], whole=True, repeats=1)
        self.assertGreater(measured.memory, 64)
        self.assertGreater(measured.cpu, 0.02)
        self.assertGreaterEqual(measured.seconds, 0.02)

    def test_a_program_can_print_its_own_seconds(self):
        self.assertEqual(
            measuring.run([sys.executable, "-c", "print(1.5)"], repeats=1).seconds, 1.5
        )

    def test_the_cost_of_a_child_that_outlives_its_parent_is_seen(self):
        parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {self.BUSY!r}])"
        measured = measuring.run(
            [sys.executable, "-c", parent], whole=True, repeats=1, is_tree=True
        )
        idle = measuring.run(
            [sys.executable, "-c", parent.replace("5_000_000", "0")], whole=True, repeats=1
        )
        self.assertGreater(measured.memory, 64)
        self.assertGreater(measured.cpu, idle.cpu)

    def test_a_failure_ends_the_benchmark_with_what_the_program_said(self):
        with self.assertRaisesRegex(SystemExit, "no such luck"):
            measuring.run([sys.executable, "-c", "raise SystemExit('no such luck')"], repeats=1)


if __name__ == "__main__":
    unittest.main()
