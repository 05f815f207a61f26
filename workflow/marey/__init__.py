"""Marey: markerless animal pose estimation as a Snakemake workflow."""

__version__ = "0.1.0"
