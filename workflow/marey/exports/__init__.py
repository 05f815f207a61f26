"""Poses and labels in the files of other tools: one module a format."""
