"""Figures: one module per figure, with one function that reads tables and writes a PNG; `style` is the shared look."""
