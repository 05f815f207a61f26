"""Synthetic laboratory videos with exact truth: furry mice in an arena, seen by calibrated cameras.

Nothing is imported here. `scene` says what is filmed, `motion` walks the animals, `animal` gives them a body, `cameras`
and `scenery` the place, `render` the images, `truth` the exact labels, `film` the video files.
"""
