"""What is wrong with a video file, in words, and what to do about it."""

import re
from collections.abc import Iterator
from pathlib import Path

import av

from marey.videos.reading import COVER
from marey.videos.suffixes import CONTAINER_SUFFIXES

CONVERT_ADVICE = "Convert it: ffmpeg -i FILE -c:v libx264 -crf 17 -fps_mode passthrough NEW.mp4"
NO_FRAMES = "The file is a video without a single frame. Check whether the recording was ever started."
_SQUARE = 0.02  # of a pixel's side: what scaling to whole pixels leaves over is less
_NO_STAMPS = "Time stamps are missing or out of order, which makes reading slow in long videos."


def verdict(path: Path, survey) -> tuple[str, str]:
    """Judge a file that FFmpeg could open, after its decode pass: its status and detail.

    `survey` is a `probe_video.DecodePass` that has run, its container still open. Status: see `tables.probe.STATUSES`.
    """
    frames, claimed = len(survey.times), survey.claimed
    if not frames and not survey.damage.packets and not claimed:
        return "empty", NO_FRAMES
    if not frames:
        return "unreadable", "None of the frames could be decoded: the file is cut or damaged. Copy it again."
    notes = []
    if survey.cut or _cut_short(path, survey):
        holds = f"{frames} of {claimed} frames" if claimed else f"only the first {frames} frames"
        notes.append(("truncated", f"The file is cut short: it holds {holds}. Copy it again, or use it as it is."))
    elif claimed and claimed != frames:
        notes.append(
            ("ok", f"The file claims {claimed} frames and holds {frames}; frame numbers count those that it holds.")
        )
    suffix, right = path.suffix.lower().lstrip("."), CONTAINER_SUFFIXES.get(survey.container.format.name, ())
    if suffix not in right and any(suffix in known for known in CONTAINER_SUFFIXES.values()):
        name = right[0] if right else survey.container.format.name
        notes.append(("wrong_suffix", f"The file is called .{suffix} but holds {name}. Rename it to end in .{name}."))
    notes += [("ok", note) for note in [*_losses(survey), *_peculiarities(survey)]]
    if not survey.increasing and not survey.damage.reported:
        notes.append(("ok", f"{_NO_STAMPS} {CONVERT_ADVICE}"))
    return (notes[0][0] if notes else "ok"), " ".join(note for _, note in notes)


def _losses(survey) -> Iterator[str]:
    """Say what is damaged and what is missing."""
    damage, (missing, places) = survey.damage, survey.gaps()
    if damage.reported:
        yield (
            f"Damage in {_count(damage.reported, 'place')}: what it reaches up to the next sound key frame, "
            f"{_count(damage.marked, 'frame')}, is marked as fault. Frame numbers count the frames that can be decoded."
        )
    if missing:
        verb = "is" if missing == 1 else "are"
        yield f"By the times, {_count(missing, 'frame')} {verb} missing, in {_count(places, 'place')}."


def _peculiarities(survey) -> Iterator[str]:
    """Say what the images or the file have that a reader may not expect."""
    stream, turn = survey.stream, survey.orientation
    if not turn.exact:
        yield "Its display matrix is not made of quarter turns and mirroring: images are used as they are stored."
    if survey.interlaced:
        yield "Interlaced: frames show two moments, line by line. Deinterlace: ffmpeg -i FILE -vf bwdif=0 NEW.mp4"
    if abs((stream.sample_aspect_ratio or 1) - 1) > _SQUARE:
        shape = f"{stream.sample_aspect_ratio.numerator}:{stream.sample_aspect_ratio.denominator}"
        yield f"Pixels are not square ({shape}): images and positions are in px as stored."
    streams = sum(not other.disposition & COVER for other in survey.container.streams.video)
    if streams > 1:
        yield f"The file holds {streams} video streams; only the first is read. Others: ffmpeg -i FILE -map 0:v:1 NEW"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cut_short(path: Path, survey) -> bool:
    """Tell whether the container promises more than the file holds: bytes in its boxes, or time in its header."""
    stream, container = survey.stream, survey.container
    if container.format.name.startswith("mov") and _boxes(path)[1]:
        return True
    index, end, promised = stream.index_entries, survey.end, 0.0
    if len(index):  # damage in the middle of an AVI hides packets that its index still lists
        end = max(end, float(index[-1].timestamp * stream.time_base))
    if container.format.name == "avi":
        promised = (survey.claimed or 0) / survey.rate
    elif container.format.name in ("matroska,webm", "flv"):
        promised = _promised_seconds(container, stream)
    return end < promised - max(0.2, 2 / survey.rate)


def _promised_seconds(container, stream) -> float:
    """Read from its header when the video stream ends, s; 0 if only the end of some other stream is known."""
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))  # Matroska
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
    return (container.duration or 0) / 1e6 if len(container.streams) == 1 else 0.0


def diagnosis(path: Path, error: av.FFmpegError) -> tuple[str, str]:
    """Judge a file that FFmpeg cannot open, by its bytes and FFmpeg's `error`: its status and detail."""
    with open(path, "rb") as file:
        head = file.read(4096)
    boxes, _ = _boxes(path)
    text = head.decode("utf-8", errors="ignore")
    detail = "The file is no video that FFmpeg knows, or its beginning is damaged. Copy it again or convert it."
    if not any(head):
        detail = "The file holds only zeros: a copy that failed. Copy it again from where it was recorded."
    elif boxes[:1] == ["ftyp"]:
        part = "broken off in the middle" if "moov" in boxes else "missing (its 'moov' box)"
        detail = (
            f"The index of the file is {part}: the recording or the copy was stopped. Copy it again; if the original "
            "is the same, a tool such as untrunc can rebuild the index from a good file of the same camera."
        )
    elif isinstance(error, av.error.EOFError):  # a header and nothing more
        return "empty", NO_FRAMES
    elif b"\0" not in head and len(text.encode()) > len(head) - 4:  # a character may be cut in two at the end
        begins = " ".join(text.split())[:30]
        detail = f"The file is text, not a video; it begins with '{begins}'. Put the real video in its place."
    return "unreadable", detail


def _boxes(path: Path) -> tuple[list[str], bool]:
    """List the types of the whole top-level boxes of an ISO base media file, and tell whether a broken one follows.

    Source: ISO/IEC 14496-12, section 4.2.
    """
    types, at, size = [], 0, path.stat().st_size
    with open(path, "rb") as file:
        while at + 8 <= size:
            file.seek(at)
            header = file.read(16)
            length = int.from_bytes(header[:4])
            if length == 1:
                length = int.from_bytes(header[8:16])
            if length < 8 or at + length > size:
                return types, length >= 8
            types.append(header[4:8].decode("latin-1"))
            at += length
    return types, False
