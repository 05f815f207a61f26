"""What is around a run: checks of a machine, resuming, scheduling and costs."""
