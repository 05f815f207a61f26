"""Formats that labels are written in, one module each, loaded by name (see `export_labels`).

A format has `TOOLS`, `PIXELS`, `CANNOT_SAY` and `READ` as those of `formats`, and `write(labels, folder)`, which fills
a folder. What they write, `labels.formats` reads; they stand apart, or a corrected writer would ingest and train again.
"""
