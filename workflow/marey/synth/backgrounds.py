"""Backgrounds: the empty place of a video, found under the animals that move over it."""

import numpy as np

MOVED = 12  # of 255: how far a value lies from its pixel's most frequent one before it is something else


def median_background(frames: np.ndarray) -> np.ndarray:
    """Estimate the empty place behind moving animals.

    The median over time is right where animals are for less than half of the frames. See `background_trust` for how
    sure it is at each pixel.

    Args:
        frames: u8[n, height, width, 3], spread over the video, of a camera that stands still; 20 to 60 are enough.

    Returns:
        u8[height, width, 3].

    Raises:
        ValueError: where there is no frame.
    """
    if not len(frames):
        raise ValueError("no frame to take the background from; expected frames u8[n, height, width, 3] with n >= 1")
    middle = len(frames) // 2
    return np.partition(frames, middle, axis=0)[middle]


def background_trust(frames: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return how far a background can be trusted, f32[height, width]: the share of frames that look like it there.

    At 0.5 and below, something rested there for half of the video and may be part of the background: draw frames from
    more of the video. One value is robust against few frames: below 8 frames a share says little.
    """
    alike = np.zeros(background.shape[:2], np.float32)
    reference = background.astype(np.int16)
    for frame in frames:
        alike += np.abs(frame.astype(np.int16) - reference).max(axis=-1) < MOVED
    return alike / len(frames)
