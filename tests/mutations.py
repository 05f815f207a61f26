"""Try whether the tests find faults: some 70 plausible ones, each in one line of a central module.

    .venv/bin/python tests/mutations.py [NUMBER ...]

copies the tree to a temporary folder and there, for all mutations or those of the given numbers, changes the line and
runs the test files that should notice, which are run unchanged first: of red ones nothing can be said. Ends with 1 if a
mutation survived. Not collected by pytest: run it before and after a change that makes tests cheaper.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEFT_OUT = ".git", ".venv", ".pytest_cache", ".ruff_cache", ".snakemake", "__pycache__", "results"
LONGEST = 600  # s; tests that hang have noticed the mutation too

# (module, test files with spaces between) -> pairs of what stands there exactly once and what it becomes.
MUTATIONS = {
    ("marey.pictures.geometry", "tests/marey/pictures/test_geometry.py"): [
        ("jnp.stack([columns, rows], axis=-1) + 0.5) - 0.5", "jnp.stack([columns, rows], axis=-1)) - 0.5"),
        ("c, d, -(c * x + d * y)", "c, d, -(c * x - d * y)"),
        ("scaled[0] / width, scaled[1] / height", "scaled[0] / width, scaled[0] / width"),
    ],
    ("marey.networks.convolutions", "tests/marey/networks/test_convolutions.py"): [
        ("return total // 2, total - total // 2", "return total - total // 2, total // 2"),
        ("above + (a + top - i) // stride", "above + (a + top + i) // stride"),
        ("return total + block(a).T @ block(b)", "return block(a).T @ block(b)"),
    ],
    ("marey.networks.network", "tests/marey/networks/test_network.py"): [
        ("INITIAL_PROBABILITY / (1 - INITIAL_PROBABILITY)", "(1 - INITIAL_PROBABILITY) / INITIAL_PROBABILITY"),
    ],
    ("marey.inference.peaks", "tests/marey/inference/test_peaks.py"): [
        ("sigma=sigma / stride) + 0.5) * stride", "sigma=sigma / stride)) * stride"),
        ("heatmap >= neighbour", "heatmap > neighbour"),
        ("row, column = cells // width, cells % width", "row, column = cells // height, cells % height"),
    ],
    ("marey.training.targets", "tests/marey/training/test_targets.py"): [
        ("(jnp.arange(cells, dtype=jnp.float32) + 0.5) * stride", "jnp.arange(cells, dtype=jnp.float32) * stride"),
        ("& (along >= 0) &", "&"),
    ],
    ("marey.training.losses", "tests/marey/training/test_losses.py"): [
        ("jnp.sum(jnp.where(known, divergence, 0))", "jnp.sum(divergence)"),
        ("located[..., source] & located[..., target]", "located[..., source] | located[..., target]"),
        ("jnp.where(whose >= 0, entropy, 0)", "jnp.where(whose > 0, entropy, 0)"),
    ],
    ("marey.training.augment.augment", "tests/marey/training/augment/test_augment.py"): [
        ("jnp.where(flipped[:, None], jnp.array(mirrored)", "jnp.where(~flipped[:, None], jnp.array(mirrored)"),
    ],
    ("marey.training.augment.affine", "tests/marey/training/augment/test_affine.py"): [
        ("shift_key, span, config", "shift_key, 1 / span, config"),
    ],
    ("marey.training.augment.blurs", "tests/marey/training/augment/test_blurs.py"): [
        ("(jnp.arange(count) + 0.5) / count - 0.5", "jnp.arange(count) / count - 0.5"),
    ],
    ("marey.training.augment.tones", "tests/marey/training/augment/test_tones.py"): [
        ("jnp.array([[cos, -sin], [sin, cos]])", "jnp.array([[cos, sin], [-sin, cos]])"),
    ],
    ("marey.inference.candidates", "tests/marey/inference/test_candidates.py"): [
        ("cell[..., 1] * shape[1] + cell[..., 0]", "cell[..., 1] * shape[0] + cell[..., 0]"),
        ("& stays[:, :index])", ")"),
    ],
    ("marey.assembly.clustering", "tests/marey/assembly/test_clustering.py"): [
        ("both[times > 1]", "both[times > 2]"),
    ],
    ("marey.assembly.instances", "tests/marey/assembly/test_instances.py"): [
        (
            "(apart <= near).any(axis=1).mean() > MAX_DUPLICATE_PART",
            "(apart <= near).any(axis=1).mean() < MAX_DUPLICATE_PART",
        ),
        ("good = graph.used[evidence.edge] & chosen", "good = chosen"),
        (
            'edge = pairs["edge"].to_numpy(np.int64)',
            'pairs = pairs[pairs["affinity"] > 0]; edge = pairs["edge"].to_numpy(np.int64)',
        ),
    ],
    ("marey.assembly.assemble_video", "tests/marey/assembly/test_assemble_video.py"): [
        ('["frame"][-1].as_py(), side="right")', '["frame"][-1].as_py(), side="left")'),
    ],
    ("marey.tracking.stitching", "tests/marey/tracking/test_stitching.py"): [
        ("gain, out = 2 * end - links.cost,", "gain, out = end - links.cost,"),
        ("(cost <= 2 * END_COST - 2 * SURE_MARGIN)", "(cost <= 2 * END_COST)"),
        ("[0] >= SURE_MARGIN)", "[0] >= 0)"),
    ],
    ("marey.tracking.motion", "tests/marey/tracking/test_motion.py"): [
        ("displacement(before, here) / VELOCITY_FRAMES", "displacement(before, here)"),
    ],
    ("marey.tracking.doubts", "tests/marey/tracking/test_doubts.py"): [
        ("np.searchsorted(ends, onwards) - own - 1", "np.searchsorted(ends, onwards) - own"),
    ],
    ("marey.tracking.smooth_video", "tests/marey/tracking/test_smooth_video.py"): [
        ("bands[1, v][:-1] = -square", "bands[1, v][:-1] = square"),
        ("np.round(length, TIME_DECIMALS) <= round(", "np.round(length, TIME_DECIMALS) < round("),
        ("with_lost_frames(time, most=config", "with_lost_frames(time, most=0 * config"),
    ],
    ("marey.tracking.timing", "tests/marey/tracking/test_timing.py"): [
        ("np.ceil(steps - (MAX_STEP - 1))", "np.ceil(steps)"),
        ("np.cumsum(1 + lost_frames(time))", "np.cumsum(np.maximum(1, lost_frames(time)))"),
    ],
    ("marey.tracking.tracker", "tests/marey/tracking/test_tracker.py"): [
        ("doubt._replace(since=np.searchsorted(ticks, doubt.since))", "doubt"),
    ],
    ("marey.tables.files", "tests/marey/tables/test_files.py"): [
        ("pc.and_(pc.invert(due), rows[name].is_null())", "pc.and_(due, rows[name].is_null())"),
        ("yield pc.is_inf(values)", "yield pc.is_nan(values)"),
    ],
    ("marey.runtime", "tests/marey/test_runtime.py"): [
        ("faulthandler.enable(file)", "pass"),
        ('os.environ["PYTHONFAULTHANDLER"] = "1"', "pass"),
    ],
    ("marey.evaluation.confidence", "tests/marey/evaluation/test_calibrate_confidence.py"): [
        ("distance[right] ** 2 / 2", "distance[right] ** 2"),
    ],
    ("marey.evaluation.evaluate_model", "tests/marey/evaluation/test_evaluate_model.py"): [
        ("np.multiply(levels, cumulated[-1] - 1)", "np.multiply(levels, cumulated[-1])"),
    ],
    ("marey.evaluation.oks", "tests/marey/evaluation/test_oks.py"): [
        ("* (2 * sigma) ** 2", "* sigma**2"),
    ],
    ("marey.evaluation.matching", "tests/marey/evaluation/test_matching.py"): [
        ("np.where(owner >= 0, rows[owner], -1)", "np.where(owner > 0, rows[owner], -1)"),
    ],
    ("marey.labels.dataset", "tests/marey/labels/test_dataset.py"): [
        ("np.nanmin(there, axis=1)).max(axis=1)", "np.nanmin(there, axis=1)).min(axis=1)"),
        ("row.visibility.reshape(-1, keypoints)", "row.visibility.reshape(keypoints, -1).T"),
    ],
    ("marey.labels.split_labels", "tests/marey/labels/test_split_labels.py"): [
        ("np.minimum(blocks, count) // count", "np.minimum(blocks, count) // (count + 1)"),
        ("groups, key=lambda group: blake2b(repr((*salt, group)).encode()).digest())", "groups)"),
        ("groups.value_counts().min() > 2 * aim", "groups.value_counts().min() > 4 * aim"),
        ("most - len(chosen) - 1]", "most - len(chosen)]"),
    ],
    ("marey.labels.reading", "tests/marey/labels/test_reading.py tests/marey/labels/formats/test_marey_table.py"): [
        ('math.isinf(result) or "_" in text', "math.isinf(result)"),
    ],
    (
        "marey.experiment.validation",
        "tests/marey/experiment/test_config.py tests/marey/experiment/test_validation.py",
    ): [
        (
            "value == 0 or MIN_NUMBER <= abs(value) <= MAX_NUMBER",
            "not (abs(value) < MIN_NUMBER or abs(value) > MAX_NUMBER)",
        ),
        ("type(choice) is type(value) and choice == value", "choice == value"),
        ('with_defaults(item, part) if part.get("type") == "object" else item', "item"),
    ],
    ("marey.provenance.code", "tests/marey/provenance/test_code.py"): [
        ("node.body = node.body[1:]", "node.body = node.body[0:]"),
        ("for length in range(1, len(parts) + 1)", "for length in range(len(parts), len(parts) + 1)"),
        ("json.dumps(config, sort_keys=True).encode())", "json.dumps(config).encode())"),
    ],
    ("marey.videos.probe_video", "tests/marey/videos/test_probe_video.py"): [
        ("len(steps) / last if", "len(self.times) / last if"),
    ],
    ("marey.videos.plan_shards", "tests/marey/videos/test_plan_shards.py"): [
        ("2 * (stop - starts[-1]) < shard_frames", "stop - starts[-1] < shard_frames"),
        ('table["key_frame"] & ~table["fault"]', 'table["key_frame"]'),
    ],
    ("marey.videos.reading", "tests/marey/videos/test_reading.py"): [
        ("if index >= stop:", "if index > stop:"),
        ("self.coded_alone & ~self.damaged &", "self.coded_alone &"),
        ("index is not None and index > expected", "index is not None"),
    ],
    ("marey.videos.damage", "tests/marey/videos/test_damage.py"): [
        ("min(self._open) <= packet", "packet in self._open"),
        ("or self._breaks_off(packet)", ""),
        ("or self._zeroed(packet)", ""),
        ('{"err_detect": "crccheck"}', "{}"),
        ("if place >= packet]", "if place > packet]"),
    ],
    ("marey.videos.images", "tests/marey/videos/test_images.py"): [
        ("image = image[:, ::-1] if turn.columns", "image = image[:, ::-1] if turn.rows"),
    ],
}


def path_of(module: str, tree: Path) -> Path:
    """Return the file of a module in a copy of the tree."""
    base = tree.joinpath("workflow", *module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def is_killed(path: Path, old: str, new: str, tests: str, tree: Path) -> bool:
    """Return whether one of the files `tests` fails with `new` for `old` in `path`, which is left as it was.

    Raises SystemExit where the text is not there exactly once, and where the tests fail without it or cannot be run.
    """
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise SystemExit(f"{path.relative_to(tree)}: {old!r} is there {text.count(old)} times, not once; fix the list")
    if not _pass(tests, tree):
        raise SystemExit(f"{tests}: fails without any mutation; make it green first")
    path.write_text(text.replace(old, new), encoding="utf-8")
    try:
        return not _run(tests, tree)
    finally:
        path.write_text(text, encoding="utf-8")


def _run(tests: str, tree: Path) -> bool:
    """Return whether the test files of a tree pass in time; SystemExit where they cannot be run."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", *tests.split()]
    # Without byte code: a file that is changed twice within a second would be run as it was.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree / "workflow")}
    try:
        result = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return False
    if result.returncode not in (0, 1):
        raise SystemExit(f"{tests} cannot be run:\n{result.stdout}{result.stderr}")
    return result.returncode == 0


@cache
def _pass(tests: str, tree: Path) -> bool:
    """Return whether the test files pass as they are, asked once for all mutations that they should notice."""
    return _run(tests, tree)


def main() -> int:
    """Try the mutations that the command line names, print one line for each, and return the exit code."""
    mutations = [(*where, *texts) for where, pairs in MUTATIONS.items() for texts in pairs]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help=f"1 to {len(mutations)}; default: all")
    numbers = parser.parse_args().numbers or range(1, len(mutations) + 1)
    killed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        for number in numbers:
            module, tests, old, new = mutations[number - 1]
            start = time.monotonic()
            noticed = is_killed(path_of(module, tree), old, new, tests, tree)
            killed += noticed
            word, took = "killed" if noticed else "SURVIVED", time.monotonic() - start
            print(f"{number:2} {word:8} {took:4.0f} s  {module}: {old}  ->  {new}", flush=True)
    print(f"{killed} of {len(numbers)} killed")
    return int(killed < len(numbers))


if __name__ == "__main__":
    sys.exit(main())
