"""Contact sheet of training examples."""

import numpy as np

from marey.views.plots.plot_augmented import plot_augmented


def test_one_picture_per_example_with_its_points(tmp_path, figures, skeleton):
    rng = np.random.default_rng(0)
    images = rng.random((7, 32, 32, 3), dtype=np.float32)
    points = rng.uniform(0, 32, (7, 2, 3, 2)).astype(np.float32)
    points[:, 1] = np.nan  # a second animal that is nowhere
    plot_augmented(images, points, tmp_path / "a.png", skeleton=skeleton)
    shown = [axes for axes in figures[0].axes if axes.images]
    assert len(shown) == 7
    for axes, animals in zip(shown, points, strict=True):
        np.testing.assert_allclose(axes.collections[0].get_offsets(), animals[0], rtol=1e-6)
        assert len(axes.collections[1].get_offsets()) == 0
