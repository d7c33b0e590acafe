"""Hours with DuckDB: duckdb_hours.py hour|station-hour OUT PATH..."""

import sys

import duckdb
from columns import names_in

by, out, *paths = sys.argv[1:]
station = '"STATION",' if by == "station-hour" else ""
# With the columns named the reader need not guess: half the time of `all_varchar`.
columns = {name: "VARCHAR" for name in names_in(paths[0])}
duckdb.sql(f"""
    copy (
        select {station} substr("DATE", 1, 13) as hour, count(*) as count,
               min(t) / 10.0 as min_tmp, avg(t) / 10.0 as mean_tmp, max(t) / 10.0 as max_tmp
        from (
            select "STATION", "DATE", cast(substr("TMP", 1, 5) as smallint) as t
            from read_csv({paths}, header = true, delim = ',', quote = '"', escape = '"',
                          auto_detect = false, columns = {columns})
            where substr("TMP", 1, 5) <> '+9999' and substr("TMP", 7, 1) not in ('2', '3', '6', '7')
              and trim("REPORT_TYPE") not in ('SOD', 'SOM')
        )
        group by all order by all
    ) to '{out}' (header)""")
