"""The block `cameras` of the config. Imported while Snakemake parses the workflow: nothing heavy is imported here."""

from marey.multiview.calibration_formats import calibration_format

SESSION, CAMERA = "{session}", "{camera}"  # in `cameras.calibration`


def calibrated_by_board(config: dict) -> bool:
    """Tell whether the cameras are calibrated by a board, and not read from a file."""
    return CAMERA in (config["cameras"]["calibration"] or "")


def camera_faults(config: dict) -> list[str]:
    """List what is wrong with the block `cameras`, whatever the sheet says."""
    cameras, board = config["cameras"], config["cameras"]["board"]
    place = cameras["calibration"]
    if not place:
        return []
    if not calibrated_by_board(config):
        return _format_faults(place)
    needed = ["squares", "square_size", *(["marker_size", "dictionary"] if board["type"] == "charuco" else [])]
    faults = [
        f"cameras.board.{key}: missing; a {board['type']} board in {place} needs it, as it was printed"
        for key in needed
        if board[key] is None
    ]
    if not faults and board["type"] == "charuco" and board["marker_size"] >= board["square_size"]:
        faults.append(
            f"cameras.board.marker_size: {board['marker_size']:g} is not below the `square_size` of "
            f"{board['square_size']:g}; were they exchanged?"
        )
    return faults


def _format_faults(place: str) -> list[str]:
    try:
        calibration_format(place)
    except ValueError as error:
        return [f"cameras.calibration: {error}; or videos of a board, as a path with {CAMERA} in it for their cameras"]
    return []
