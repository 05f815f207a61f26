"""Augmentation on the device: pure functions, with a PRNG key first where they are random."""
