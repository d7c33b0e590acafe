"""Hours with Polars, streaming: polars_hours.py hour|station-hour OUT PATH..."""

import sys

import polars as pl

by, out, *paths = sys.argv[1:]
keys = ["STATION", "hour"] if by == "station-hour" else ["hour"]
tmp, t = pl.col("TMP").str, pl.col("t")
(
    pl.scan_csv(paths, infer_schema=False)
    .filter(
        tmp.slice(0, 5) != "+9999",
        ~tmp.slice(6, 1).is_in(["2", "3", "6", "7"]),
        ~pl.col("REPORT_TYPE").str.strip_chars().is_in(["SOD", "SOM"]),
    )
    .select(
        "STATION",
        pl.col("DATE").str.slice(0, 13).alias("hour"),
        tmp.slice(0, 5).cast(pl.Int32).alias("t"),
    )
    .group_by(keys)
    .agg(
        pl.len().alias("count"),
        (t.min() / 10).alias("min_tmp"),
        (t.mean() / 10).alias("mean_tmp"),
        (t.max() / 10).alias("max_tmp"),
    )
    .sort(keys)
    .sink_csv(out)
)
