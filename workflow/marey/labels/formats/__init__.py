"""Formats of labels, one module each; `labels.sources` finds them, and loads what a source is in by name.

A format has `EXPECTED` (what it reads, for messages), `recognises(path)` (cheap), `inputs(path)` (the files that count,
images apart), `describe(source)` and `read(source)`, which give a `Description` and `Contents` of `labels.reading`. All
but `read` run while the Snakefile is parsed, so a format imports no more than the standard library and yaml at its top.
`PIXELS` is where coordinates count from unless the config says otherwise (a key of `labels.reading.PIXELS`), `LIMITS`
what the format cannot say and what is left out: the reference is made of them. Modules whose name begins with `_` are
parts of formats.
"""
