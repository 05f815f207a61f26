"""Why cameras do not stand to each other in any known way: too little overlap, or videos that do not fit together."""

from collections.abc import Sequence

import numpy as np

from marey.multiview.board_views import MIN_SHARED, BoardView, BoardViews, relative_pose, spread, view_board
from marey.multiview.boards import Board
from marey.multiview.cameras import Camera

SURELY_AGREEING = 0.8  # part of the frames, where something is tried that would explain why they do not
MOST_SHIFT, MOST_TRIED = 15, 10  # frames that videos may be out of step; frames that are compared


def explain_unconnected(
    cameras: Sequence[Camera], views: BoardViews, shared: np.ndarray, board: Board, group: np.ndarray
) -> str:
    """Say which cameras do not stand in any known way to the first, and why."""
    lines = []
    for index in np.flatnonzero(group != group[0]):
        partners = np.where(group == group[0], np.maximum(shared[index], shared[:, index]), -1)
        partner = int(np.argmax(partners))
        name, other, number = cameras[index].name, cameras[partner].name, partners[partner]
        if number < MIN_SHARED:
            why = (
                f"'{name}' sees the board in {len(views[index])} frames, but only in {number} of those in which "
                f"'{other}' does: too little overlap to tell how they stand to each other. Show the board to pairs of "
                "cameras at the same time"
            )
        else:
            why = explain_disagreement(cameras[partner], cameras[index], views[partner], views[index], board)
        lines.append(why)
    return "; ".join(lines)


def explain_disagreement(
    first: Camera, second: Camera, seen: dict[int, BoardView], other: dict[int, BoardView], board: Board
) -> str:
    """Say why two cameras see the board in the same frames, but never where the other's views say that it is."""
    what = (
        f"'{first.name}' and '{second.name}' share frames with the board, but do not agree how they stand to each other"
    )
    for shift in sorted(range(-MOST_SHIFT, MOST_SHIFT + 1), key=abs)[1:]:
        if _agree(seen, {frame - shift: view for frame, view in other.items()}, board):
            late = f"{abs(shift)} frames {'after' if shift > 0 else 'before'}"
            return f"{what}: '{second.name}' shows the same moments {late} '{first.name}'. Start the videos together"
    mirrored = {frame: _mirror(second, view, board) for frame, view in other.items()}
    if _agree(seen, {frame: view for frame, view in mirrored.items() if view is not None}, board):
        return f"{what}: one of the two videos is a mirror image. Film it unmirrored"
    return f"{what}: are the videos in step (frame 0 the same moment), is the board the same one, rigid and flat?"


def _agree(seen: dict[int, BoardView], other: dict[int, BoardView], board: Board) -> bool:
    frames = sorted(seen.keys() & other.keys())
    chosen = [frames[index] for index in spread(len(frames), MOST_TRIED)]
    if len(chosen) < MIN_SHARED:
        return False
    _, part = relative_pose([seen[frame] for frame in chosen], [other[frame] for frame in chosen], board)
    return part >= SURELY_AGREEING and part * len(chosen) >= MIN_SHARED


def _mirror(camera: Camera, view: BoardView, board: Board) -> BoardView | None:
    """Return what a camera would see if left and right of its image were exchanged."""
    columns, rows = board.grid
    places = view.places.reshape(rows, columns, 2)[:, ::-1].reshape(-1, 2) * (-1, 1) + (camera.size[0], 0)
    matrix = camera.matrix.copy()
    matrix[0, 2] = camera.size[0] - matrix[0, 2]
    return view_board(camera._replace(matrix=matrix), places, board)
