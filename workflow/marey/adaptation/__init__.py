"""Adaptation: another experiment's model, trained further for the videos here without a label of theirs."""
