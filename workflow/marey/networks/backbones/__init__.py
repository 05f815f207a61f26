"""Backbones, a module for each family, loaded by name (see `registry`): `BACKBONES` in each maps names to trunks.

The name of a family begins the names of its backbones: `resnet` has `resnet18` and `resnet50`.
"""
