"""Backbones by the name that `model.backbone` gives them: the module of a family is loaded when it is asked for.

So an edit in one family changes the code digest of no stage that uses another one. Asked while the Snakefile is parsed:
nothing heavy is imported here.
"""

import pkgutil
from importlib import import_module

from marey.networks import backbones


def families() -> list[str]:
    """List the families: the modules of `backbones`."""
    return sorted(module.name for module in pkgutil.iter_modules(backbones.__path__))


def family(backbone: str) -> str:
    """Name the module that a backbone is in, the longest one that begins its name; ValueError where there is none."""
    fitting = [name for name in families() if backbone.startswith(name)]
    if not fitting:
        raise ValueError(f"model.backbone '{backbone}': unknown; the families are {', '.join(families())}")
    return max(fitting, key=len)


def load_backbone(name: str) -> type:
    """Load the class of a backbone, a `trunk.Trunk`; ValueError where there is none of that name."""
    found = import_module(f"{backbones.__name__}.{family(name)}").BACKBONES
    if name not in found:
        raise ValueError(f"model.backbone '{name}': unknown; use one of {', '.join(found)}")
    return found[name]
