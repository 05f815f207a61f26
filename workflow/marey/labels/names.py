"""Names of keypoints, individuals and the like: one form of each wherever it comes from, and what a name may hold.

The config, label sources of every format and tables of corrections all pass through here: a name that were stripped in
one place and not in another would be two. Standard library only (parse time).
"""

import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 100  # characters: longer than any legend or column takes

# Markup, which names have no need of, and categories of Unicode that nobody sees: control characters, marks of the
# direction of text, spaces of no width, halves of characters, ends of lines.
MARKUP = "<>"
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def clean_name(text: str) -> str:
    """Return a name as Marey holds it: without space around it, accents composed (Unicode NFC)."""
    return unicodedata.normalize("NFC", text.strip())


def name_fault(name: str) -> str:
    """Say what is wrong with a clean name and how to fix it; "" where nothing is."""
    if not name:
        return "a name is empty; write one, or delete it"
    if len(name) > MAX_LENGTH:
        return f"{quoted([name[:20]])}... has {len(name)} characters; take at most {MAX_LENGTH}"
    hidden = invisible(name)
    if hidden:
        return f"{quoted([name])} holds {hidden}, which nobody sees; delete it"
    markup = next((sign for sign in name if sign in MARKUP), None)
    return f"{quoted([name])} holds '{markup}', as markup does; take it out" if markup else ""


def name_faults(names: Iterable[str]) -> list[str]:
    """List what is wrong with clean names of one kind that must differ, such as the keypoints of an animal."""
    names = list(names)
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    faults = [name_fault(name) for name in dict.fromkeys(names)]
    return [fault for fault in faults if fault] + [
        f"{quoted([name])} is there {names.count(name)} times; keep one, or name the others otherwise" for name in twice
    ]


def invisible(text: str) -> str:
    """Name the first character of a text that nobody sees, such as U+000A (end of line); "" where there is none."""
    sign = next((sign for sign in text if unicodedata.category(sign) in INVISIBLE), None)
    return f"the character U+{ord(sign):04X}" if sign else ""


def quoted(names: Iterable[str]) -> str:
    """Join names for a message, each in quotes, with what nobody sees written as its code."""
    return ", ".join(repr(name) for name in names)
