"""Starting a finder: the networks of an experiment, run as one, by the method that they were trained for.

The module of a method is loaded when it is asked for, so that an edit in one runs nothing again of another.
"""

from collections.abc import Sequence
from importlib import import_module

from marey.inference import engines, methods
from marey.inference.candidates import Finder
from marey.models.bundles import BundleError
from marey.networks.metadata import at_scale
from marey.networks.outputs import Layout
from marey.tables.plan import GROUP_FRAMES


def start_finder(
    members: Sequence[engines.ModelFiles],
    locators: Sequence[engines.ModelFiles] = (),
    *,
    window: int | str | None = None,
    group: int | None = GROUP_FRAMES,
    appearance: bool = False,
    scale: float | None = None,
    **how,
) -> tuple[Finder, dict]:
    """Load models and run them as one.

    Args:
        members: the models of an ensemble.
        locators: top-down, the models that find where the members are to look.
        window: single, as `infer.window`.
        group: single, frames of the video that are followed before the whole image is seen again; None: without end.
        appearance: bottom-up, whether to give the animals' appearance.
        scale: px of the networks per px of the frames; None: as in training.
        how: what `engines.start_detector` takes.

    Returns:
        The finder, and the metadata of the first member's bundle, for frames at `scale` (see `metadata.at_scale`).

    Raises:
        BundleError: a bundle is broken, or locators are missing.
    """
    detectors, (metadata, *_) = zip(*(engines.start_detector(member, **how) for member in members), strict=True)
    metadata = at_scale(metadata, scale) if scale else metadata
    layout = Layout.from_metadata(metadata)
    if layout.side and not locators:
        raise BundleError(
            f"{members[0].metadata}: a top-down model, which sees one animal at a time, needs a locator to find them; "
            "use a model of animals.method single or bottom_up"
        )
    method = "single" if layout.single else "top_down" if layout.side else "bottom_up"
    asked = {"locators": locators, "window": window, "group": group, "appearance": appearance, "how": how}
    return import_module(f"{methods.__name__}.{method}").start(detectors, layout, metadata, **asked), metadata
