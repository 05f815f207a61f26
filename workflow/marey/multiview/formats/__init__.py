"""Calibrations as other tools write them: a module each, loaded by name (`read_calibration`)."""
