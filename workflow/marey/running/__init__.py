"""Runs of the workflow: whether a machine can, what one will cost, what it shows, and going on with a broken one."""
