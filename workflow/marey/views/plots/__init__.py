"""Figures of the report, one module each, whose function reads tables and writes a PNG; `style` is the shared look."""
