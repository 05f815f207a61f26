import math

import pytest

from marey.labels.reading import Fault, describe_faults, parse_number


def test_numbers():
    assert parse_number(" 12.5 ") == 12.5
    assert parse_number(3) == 3.0
    assert all(math.isnan(parse_number(empty)) for empty in ("", None, "NaN", float("nan")))
    for wrong in ("12,5", "twelve", "inf", float("-inf"), "1e999", "1_000"):
        with pytest.raises(ValueError, match=r"could not convert string to float|^-?inf$|^1e999$|^1_000$"):
            parse_number(wrong)


def test_one_message_joins_equal_faults_and_counts_the_rest():
    faults = [Fault("a.csv", row, "duplicate", "seen") for row in (9, 4, 5, 6)] + [Fault("b.csv", 0, "bad_file", "odd")]
    assert describe_faults(faults).splitlines()[1:] == [
        "  a.csv, rows 4-6, 9: duplicate: seen",
        "  b.csv: bad_file: odd",
    ]
    lines = describe_faults([Fault("a.csv", row, "bad_row", str(row)) for row in range(1, 31)]).splitlines()
    assert lines[0].startswith("30 faults in the labels.")
    assert len(lines) == 22
    assert lines[-2:] == ["  a.csv, row 20: bad_row: 20", "  and 10 more"]
