"""Formats that poses in space are written in, one module each, loaded by name (see `export_session`).

A format has `TOOLS`, `CANNOT_SAY` and `READ` as those of `formats`, `POSITIONS` (what becomes of a position), and
`write(poses, out, config)`.
"""
