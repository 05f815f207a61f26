"""Stands for DeepLabCut: takes and gives what that does, and finds everything in the first place."""
