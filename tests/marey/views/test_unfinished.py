"""Jobs that have not ended: what is quoted of their logs."""

import pytest

from marey.views import unfinished


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "12:00 marey.x: hello\nmarey.tables.files.TableError: no\n  more",
            "marey.tables.files.TableError: no\n  more",
        ),
        (
            "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1:\n  File 'a.py'",
            "Fatal Python error: Segmentation fault",
        ),
        ("12:00 marey.x: hello\n12:01 marey.x: killed", "12:01 marey.x: killed"),
    ],
)
def test_a_job_that_failed_is_quoted_from_its_error_on(tmp_path, said, message):
    (tmp_path / "a.log").write_text(f"{{}}\n{said}\n")
    assert unfinished._ending(tmp_path / "a.log").startswith(message)
