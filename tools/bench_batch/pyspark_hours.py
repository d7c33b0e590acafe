"""Hours with PySpark on all cores, without UDFs: pyspark_hours.py hour|station-hour OUT PATH..."""

import os
import pathlib
import shutil
import sys

from columns import names_in
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

by, out, *paths = sys.argv[1:]
keys = ["STATION", "hour"] if by == "station-hour" else ["hour"]
cores = str(os.cpu_count())
spark = (
    SparkSession.builder.master(f"local[{cores}]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", cores)
    .config("spark.driver.memory", "2g")
    .getOrCreate()
)
hours = (
    # A schema, so that Spark does not read the files twice.
    spark.read.csv(paths, header=True, schema=", ".join(f"`{name}` string" for name in names_in(paths[0])))
    .where("substr(TMP, 1, 5) <> '+9999' and substr(TMP, 7, 1) not in ('2', '3', '6', '7')")
    .where("trim(REPORT_TYPE) not in ('SOD', 'SOM')")
    .selectExpr("STATION", "substr(DATE, 1, 13) as hour", "cast(substr(TMP, 1, 5) as int) as t")
    .groupBy(keys)
    .agg(
        f.count("*").alias("count"),
        (f.min("t") / 10).alias("min_tmp"),
        (f.avg("t") / 10).alias("mean_tmp"),
        (f.max("t") / 10).alias("max_tmp"),
    )
)
parts = pathlib.Path(out + ".parts")
hours.repartition(1).sortWithinPartitions(keys).write.mode("overwrite").csv(str(parts), header=True)
next(parts.glob("part-*")).rename(out)
shutil.rmtree(parts)
spark.stop()
