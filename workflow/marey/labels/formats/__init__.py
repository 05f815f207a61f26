"""Formats of labels, one module each; `labels.sources` finds them, and loads what a source is in by name.

A format has `EXPECTED` (what it reads, for messages), `recognises(path)`, `inputs(path)`, `describe(path)`,
`videos(path)` and `read(path, data)`. All but `read` run while the Snakefile is parsed, so a format imports no more
than the standard library and yaml at its top. Modules whose name begins with `_` are parts of formats.
"""
