"""Labels from every format, brought into one tidy table. `sources` is the way in; a format is one small module.

Nothing is imported here: the Snakefile asks `sources` what a source names while it is parsed, in every job.
"""
