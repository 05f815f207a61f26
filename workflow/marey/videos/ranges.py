"""Half-open ranges of frames, as the video sheet writes them."""


def frame_range(text: str | None) -> tuple[int, int | None]:
    """Read the frames [start, stop) of a sheet's column `frames`; a stop of None: to the end of the video."""
    start, _, stop = (text or ":").partition(":")
    return int(start or 0), int(stop) if stop else None
