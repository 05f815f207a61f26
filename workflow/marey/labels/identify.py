"""What a path that is no label source is instead, and what to name in its place. Standard library only (parse time)."""

import re
from pathlib import Path

from marey.labels.heads import IMAGE_SUFFIXES, header_cells, read_head
from marey.videos.suffixes import CONTAINER_SUFFIXES

_VIDEO_SUFFIXES = {f".{suffix}" for known in CONTAINER_SUFFIXES.values() for suffix in known}
_UNREAD = "a format that is not read; export the labels as DeepLabCut or as a Marey label table"
_HDF5 = b"\x89HDF\r\n\x1a\n"
# By how files begin; a suffix may lie.
_BEGINNINGS = {
    b"SQLite format 3": f"a database, {_UNREAD}",
    b"\x80\x04": "a Python pickle, which could run code and is never opened",
    b"CDF": "a netCDF-3 file; save it as netCDF-4",
    b"\x1f\x8b": "a packed file; unpack it and name what is in it",
    b"7z\xbc\xaf": "an archive; unpack it and name what is in it",
    b"Rar!": "an archive; unpack it and name what is in it",
    b"\xd0\xcf\x11\xe0": "an Excel file; save the table as CSV",
}
_JSON_UNREAD = f"a JSON file, {_UNREAD}"
# By names in them.
_JSON = {
    (b'"shapes"', b'"imagePath"'): f"labels of LabelMe, {_UNREAD}",
    (b'"shape_attributes"',): f"labels of the VGG Image Annotator, {_UNREAD}",
    (b'"image_id"', b'"keypoints"'): "results of COCO, predictions that do not say which images they are of",
}
_LABEL_SUFFIXES = {".csv", ".tsv", ".parquet", ".slp", ".nwb", ".h5", ".hdf5", ".json", ".mat"}
_YOLO_LINE = re.compile(rb"(#.*\s+)?\d+( [01]?\.?\d+){8,}\s")  # class, box, points: parts of an image
_OF_PROJECTS = {".csv", ".h5", ".yaml", ".yml", ".pickle", ""} | IMAGE_SUFFIXES  # of DeepLabCut
_SPREADSHEETS = {".xlsx", ".xlsm", ".xlsb", ".ods"}


def identify(path: Path, source: Path) -> str:
    """Say what a path is and what to do, as the end of the sentence `<source> is ...`; "" where that is not known.

    `source` is `path` as the config gives it, for names of what lies near it.
    """
    if path.is_dir():
        return _folder(path, source)
    if not path.stat().st_size:
        return "an empty file"
    near = _near_project(path, source) if path.suffix.lower() in _OF_PROJECTS else ""
    if near:
        return near
    head = read_head(path)
    if path.suffix.lower() in _VIDEO_SUFFIXES and not head.lstrip().startswith((b"{", b"[")):
        return "a video; name it under `videos`"
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return "an image; name what holds its labels"
    if head.startswith(b"PK\x03\x04"):
        sheet = path.suffix.lower() in _SPREADSHEETS
        return "a spreadsheet; save the table as CSV" if sheet else "an archive; unpack it and name what is in it"
    if head.lstrip().startswith((b"{", b"[")):
        return next((what for names, what in _JSON.items() if all(name in head for name in names)), _JSON_UNREAD)
    if head.startswith(b"PAR1"):
        return ""
    if head.startswith(_HDF5):
        return _tree(path)
    if head.startswith(b"MATLAB"):
        return _variables(path)
    return next((what for start, what in _BEGINNINGS.items() if head.startswith(start)), _table(head))


def _tree(path: Path) -> str:
    """Say what an HDF5 file holds, or how it is damaged."""
    from marey.labels.formats import _hdf_tree  # which imports this module

    names = ", ".join(f"'{name}'" for name in list(_hdf_tree.holds(path))[:5]) or "nothing"
    return _hdf_tree.damage(path) or f"an HDF5 file with {names} in it, {_UNREAD}"


def _variables(path: Path) -> str:
    """Say what a MATLAB file holds."""
    from marey.labels.formats import _matlab  # which imports this module

    names = _matlab.variables(path)
    if {"data_3D", "status"} <= set(names):
        return "a session of Label3D; export it for DANNCE and name that file, `*_dannce.mat`"
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return f"a MATLAB file with {shown} in it, {_UNREAD}" if names else "a damaged MATLAB file; restore it"


def _table(head: bytes) -> str:
    cells = header_cells(head)
    if cells[0] == "scorer":
        return "a DeepLabCut table that lies in no project; name the folder with `labeled-data`, where its images are"
    if _YOLO_LINE.match(head):
        return "labels of one image, of Ultralytics YOLO; name the YAML file of the data set, which says `kpt_shape`"
    return ""


def _near_project(path: Path, source: Path) -> str:
    """Say which project a file is a part of."""
    for up, (above, name) in enumerate(zip(path.parents, source.parents, strict=False)):
        if up < 3 and (above / "labeled-data").is_dir() and (up == 0 or above / "labeled-data" in path.parents):
            return f"a part of a DeepLabCut project; name the folder '{name.as_posix()}'"
    return ""


def _folder(path: Path, source: Path) -> str:
    for above, name in list(zip(path.parents, source.parents, strict=False))[:2]:
        if above / "labeled-data" in (path, path.parent):
            return f"a part of a DeepLabCut project; name the folder '{name.as_posix()}'"
    below = sorted(found.parent for kind in ("*", "*/*") for found in path.glob(f"{kind}/labeled-data"))
    if below:
        names = ", ".join(f"'{(source / found.relative_to(path)).as_posix()}'" for found in below[:5])
        return f"a folder with DeepLabCut projects in it; name {names}"
    held = sorted(child for child in path.iterdir() if not child.name.startswith("."))
    if not held:
        return "an empty folder"
    tables = [child.name for child in held if child.suffix.lower() in _LABEL_SUFFIXES]
    if tables:
        pattern = (source / f"*{Path(tables[0]).suffix}").as_posix()
        return f"a folder; name the files in it, of {', '.join(tables[:5])}, or a pattern such as '{pattern}'"
    if any(child.suffix.lower() in _VIDEO_SUFFIXES for child in held):
        return "a folder of videos; name it under `videos`"
    if (path / "config.yaml").is_file():
        return "a project without `labeled-data`; extract and label frames first"
    if any(child.suffix.lower() in IMAGE_SUFFIXES for child in held):
        return "a folder of images; name what holds their labels"
    return ""
