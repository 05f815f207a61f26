"""What weights files call their tensors: a module for each family of backbones that has pretrained weights.

It has the name of the family's module in `backbones`, and is loaded by it: `NAMINGS` maps backbones to their `Naming`.
"""
