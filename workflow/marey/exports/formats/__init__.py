"""Formats that poses are written in, one module each, loaded by name (see `export_poses`).

The module of `dlc.h5` is `dlc_h5`. A format has `TOOLS` (what reads it), `PIXELS` (what becomes of a position),
`CANNOT_SAY` (what is lost), `READ` (lines of Python that load a file) and `write(poses, out, config)`; the reference
page is made from these and from its docstring. Packages that are not in Marey's environment (`names.PACKAGES`) are
imported in functions. Modules whose name begins with `_` are parts of formats.
"""
