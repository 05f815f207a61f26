"""Labelling: which frames are worth a label."""
