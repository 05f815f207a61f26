"""Wording of numbers and lists for people; a number and its unit stay on one line."""

from collections.abc import Sequence

import numpy as np

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
PERCENT_SIGN = f"{NO_BREAK_SPACE}%"


def amount(value: float) -> str:
    """Write a number with three digits, or as a whole number with thousands set apart from 100 on; "-" for NaN."""
    if not np.isfinite(value):
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return (
        f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.095 or not value else f"{value:.2g}"
    )


def percent(part: float) -> str:
    """Write a part of 1 in percent; "-" for NaN."""
    if not np.isfinite(part):
        return "-"
    if 0 < part < 0.0005:
        return f"< 0.1{PERCENT_SIGN}"
    if 0.9995 <= part < 1:
        return f"> 99.9{PERCENT_SIGN}"
    return f"{100 * part:.{0 if part in (0, 1) else 1}f}{PERCENT_SIGN}"


def count(number: int, singular: str, plural: str = "") -> str:
    """Write a number with its noun: "1 video", "1,000 videos"."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def name_list(names: Sequence[str], *, most: int = 3) -> str:
    """Write names for a sentence: "a, b and 7 more"."""
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def duration(seconds: float) -> str:
    """Write a length of time: "3.2 s", "12 min", "1,000 h"."""
    if seconds < 60:
        return f"{seconds:.1f}{NO_BREAK_SPACE}s"
    return f"{seconds / 60:.0f}{NO_BREAK_SPACE}min" if seconds < 5400 else f"{amount(seconds / 3600)}{NO_BREAK_SPACE}h"
