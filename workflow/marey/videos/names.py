"""From the name of a file or folder to the id of a video: the one rule, for videos and for labels.

Standard library only: the Snakefile asks while it is parsed.
"""

import re
import unicodedata


def video_id(name: str) -> str:
    """Make the id of a video from the name of its file, without suffix, or of the folder of its labels.

    Accents go, composed or not; all that is no letter or digit of ASCII, `_`, `.` or `-` becomes `_`; an id begins with
    a letter or a digit. "" where nothing is left.
    """
    letters = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return re.sub(r"[^A-Za-z0-9_.-]", "_", letters).lstrip("_.-")
