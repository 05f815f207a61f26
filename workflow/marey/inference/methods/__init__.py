"""Ways to find animals, a module for each value of `animals.method`, loaded by name (see `finder`).

Each has `start(detectors, layout, metadata, **asked)`, which makes the finder of an ensemble; it takes what it needs of
what `finder.start_finder` is asked.
"""
