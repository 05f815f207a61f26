"""Parts of videos that the sheet asks for: frames and crops, and whether a video has them."""


def frame_range(text: str | None) -> tuple[int, int | None]:
    """Read the frames [start, stop) of a sheet's column `frames`; a stop of None: to the end of the video."""
    start, _, stop = (text or ":").partition(":")
    return int(start or 0), int(stop) if stop else None


def crop_box(text: str | None, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Read the (left, top, width, height) px of a sheet's column `crop`; None: all of an image of `size` px."""
    left, top, width, height = map(int, text.split(",")) if text else (0, 0, *size)
    return left, top, width, height


def part_fault(*, frames: str | None, crop: str | None, count: int, size: tuple[int, int]) -> str:
    """Say what a row of the sheet asks for that its video does not have; "" where there is nothing.

    Args:
        frames: the column `frames`.
        crop: the column `crop`.
        count: frames of the video.
        size: (width, height) px of the video.

    Returns:
        What is asked for, what there is, and what to write where that can be guessed.
    """
    if frames and frame_range(frames)[0] >= count:
        return f"frames {frames}, but it has {count:,}, counted from 0"
    left, top, width, height = crop_box(crop, size)
    if left + width <= size[0] and top + height <= size[1]:
        return ""
    fault = f"crop {crop} (left,top,width,height), but its images have {size[0]} x {size[1]} px"
    x1, x2, y1, y2 = left, top, width, height
    if x1 < x2 <= size[0] and y1 < y2 <= size[1]:
        fault += f"; if that is x1,x2,y1,y2, as in DeepLabCut, write {x1},{y1},{x2 - x1},{y2 - y1}"
    return fault
