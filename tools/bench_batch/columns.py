"""What the programs beside this file share."""

import csv
import gzip


def names_in(path):
    """The column names of a CSV file, which may be a .gz."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", newline="") as file:
        return next(csv.reader(file))
