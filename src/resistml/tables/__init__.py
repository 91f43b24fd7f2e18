"""The one reader and the one writer of tables, and what they hold: profiles and cohorts."""

from resistml.tables.cohort import Cohort, read_cohort, read_oracle
from resistml.tables.profiles import (
    Profiles,
    iter_profiles,
    profiles_from_rows,
    read_profiles,
)
from resistml.tables.read import iter_rows, read_rows
from resistml.tables.write import (
    Writer,
    check_output,
    json_lines,
    parquet_writer,
    row_writer,
    write_rows,
)

__all__ = [
    "Cohort",
    "Profiles",
    "Writer",
    "check_output",
    "iter_profiles",
    "iter_rows",
    "json_lines",
    "parquet_writer",
    "profiles_from_rows",
    "read_cohort",
    "read_oracle",
    "read_profiles",
    "read_rows",
    "row_writer",
    "write_rows",
]
