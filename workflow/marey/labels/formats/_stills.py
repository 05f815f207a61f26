"""Sizes of image files, for formats that keep positions as parts of an image or say how large it is."""

from pathlib import Path


def image_size(path: Path) -> tuple[int, int] | None:
    """Return the (width, height) px of an image, upright as everything that shows it does; None: no readable image."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # EXIF's orientations with the sides swapped
            return image.size[::-1] if turned else image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def other_size(path: Path, said: tuple[object, object]) -> str:
    """Say that an image has not the (width, height) px that a file says; "" where it has, or nothing can be said."""
    if not all(type(side) in (int, float) and side > 0 for side in said):
        return ""
    size = image_size(path)
    if size is None or size == said:
        return ""
    return (
        f"{path.name} has {size[0]} x {size[1]} px, but was labelled with {said[0]:g} x {said[1]:g}: it is another "
        "image, or was made smaller or larger since; restore it"
    )
