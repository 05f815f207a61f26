import itertools
from hashlib import blake2b

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marey.labels.split_labels import split, split_labels
from marey.tables import files, splits
from marey.tables.labels import LABELS
from marey.tables.splits import SPLITS

DEFAULTS = {"group_by": "auto", "blocks": 10, "folds": 1, "test_fraction": 0.2, "validation_fraction": 0.1}


def table(counts: dict[str, int]) -> pd.DataFrame:
    rows = [(video, 3 * frame) for video, count in counts.items() for frame in range(count)]
    return pd.DataFrame(rows, columns=["video", "frame"])


def run(counts: dict[str, int], *, subjects=None, seed=0, **config) -> pd.DataFrame:
    return split(table(counts), config={**DEFAULTS, **config}, subjects=subjects or {}, seed=seed)


def part_sizes(rows: pd.DataFrame, fold: int = 0) -> dict[str, int]:
    return rows[rows["fold"] == fold]["part"].value_counts().to_dict()


def groups(rows: pd.DataFrame, part: str, fold: int = 0) -> set[str]:
    return set(rows[(rows["fold"] == fold) & (rows["part"] == part)]["group"])


some_counts = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 30), min_size=5, max_size=14)


@settings(deadline=None, max_examples=30)
@given(counts=some_counts, folds=st.integers(2, 5), seed=st.integers(0, 9), kind=st.sampled_from(["video", "frame"]))
def test_folds_are_disjoint_cover_all_and_keep_groups_whole(counts, folds, seed, kind):
    rows = run(counts, folds=folds, seed=seed, group_by=kind)
    every = set(table(counts).itertuples(index=False, name=None))
    tested = rows[rows["part"] == "test"]
    assert set(zip(tested["video"], tested["frame"], strict=True)) == every
    assert len(tested) == len(every)
    for fold in range(folds):
        one = rows[rows["fold"] == fold]
        assert set(zip(one["video"], one["frame"], strict=True)) == every
        assert len(one) == len(every)
        assert groups(rows, "test", fold)
        assert groups(rows, "train", fold)
        assert groups(rows, "validation", fold)
        assert not groups(rows, "test", fold) & (groups(rows, "train", fold) | groups(rows, "validation", fold))
        kept = one[one["part"] != "test"]
        if kept["group"].nunique() > 1 and kept["group"].value_counts().min() <= 0.2 * len(kept):
            assert not groups(rows, "train", fold) & groups(rows, "validation", fold)


@settings(deadline=None, max_examples=30)
@given(counts=some_counts, fraction=st.floats(0.05, 0.9), seed=st.integers(0, 9))
def test_test_part_is_as_near_as_brute_force_or_within_half_a_median_group(counts, fraction, seed):
    rows = run(counts, group_by="video", test_fraction=fraction, validation_fraction=0, seed=seed)
    sizes = list(counts.values())
    sums = {sum(c) for n in range(1, len(sizes)) for c in itertools.combinations(sizes, n)}
    aim = fraction * sum(sizes)
    best = min(abs(total - aim) for total in sums)
    assert abs(part_sizes(rows)["test"] - aim) <= max(best, pd.Series(sizes).median() / 2) + 1e-9


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 999), min_size=8, max_size=20), st.integers(1000, 1999), st.integers(1, 5))
def test_a_new_video_moves_few_others(names, new, folds):
    before = run({f"v{name}": 4 for name in names}, folds=folds, validation_fraction=0)
    after = run({f"v{name}": 4 for name in [*names, new]}, folds=folds, validation_fraction=0)
    homes = [
        rows[rows["part"] == "test"]
        .drop_duplicates("group")
        .set_index("group")["fold"]
        .reindex([f"v{name}" for name in names], fill_value=-1)
        for rows in (before, after)
    ]
    assert (homes[0] != homes[1]).sum() <= folds


def test_a_new_label_in_a_group_moves_no_other_group():
    counts = {f"v{index}": 12 for index in range(10)}
    before, after = (run(each, folds=5, group_by="video") for each in (counts, {**counts, "v3": 13}))
    for fold in range(5):
        for part in splits.PARTS:
            assert groups(before, part, fold) == groups(after, part, fold)


def test_order_of_rows_does_not_matter_and_the_seed_does():
    frames = table({"a": 30, "b": 25})
    shuffled = frames.sample(frac=1, random_state=3)
    first, second = (split(each, config=DEFAULTS, subjects={}, seed=1) for each in (frames, shuffled))
    pd.testing.assert_frame_equal(first, second)
    parts = {tuple(run({"a": 30, "b": 25}, seed=seed)["part"]) for seed in range(5)}
    assert len(parts) == 5


def test_blocks_are_contiguous_and_of_equal_length():
    rows = run({"a": 23, "b": 4}, group_by="block", blocks=5)
    lengths = rows.groupby("group", sort=False).size()
    assert lengths.to_dict() == {"a/block0": 5, "a/block1": 5, "a/block2": 4, "a/block3": 5, "a/block4": 4} | {
        f"b/block{index}": 1 for index in range(4)
    }
    assert rows["group"].ne(rows["group"].shift()).sum() == 9


def test_groups_test_in_the_order_of_a_hash_of_seed_and_name():
    names = [f"v{index}" for index in range(8)]
    for seed in range(3):
        rows = run(dict.fromkeys(names, 5), seed=seed, group_by="video", folds=4, validation_fraction=0)
        order = sorted(names, key=lambda name: blake2b(repr((seed, "test", name)).encode()).digest())
        tests = [sorted(groups(rows, "test", fold)) for fold in range(4)]
        assert tests == [sorted(order[2 * fold : 2 * fold + 2]) for fold in range(4)]


@pytest.mark.parametrize(("small", "whole"), [(8, True), (9, False)])
def test_whole_groups_validate_up_to_twice_the_part_asked_for(small, whole):
    """80 training frames of which 4 are asked for: a group of 8 may validate as a whole, one of 9 may not."""
    counts = {"a": small, "b": 40, "c": 80 - 40 - small}
    rows = run(counts, group_by="video", test_fraction=0, validation_fraction=0.05)
    validating = rows[rows["part"] == "validation"]
    assert len(validating) == 8 if whole else 2 <= len(validating) < 8


def test_groups_are_left_to_train_and_to_validate():
    """One of 20 frames, or both of 10, would make up the half that tests; two groups have to be left over."""
    for seed in range(12):
        rows = run({"a": 20, "b": 10, "c": 10}, group_by="video", test_fraction=0.5, seed=seed)
        assert groups(rows, "test") == {"a"}


def test_frames_as_groups_hit_the_fractions():
    assert part_sizes(run({"a": 100}, group_by="frame")) == {"train": 72, "test": 20, "validation": 8}


@pytest.mark.parametrize(
    ("counts", "folds", "prefix"),
    [({"a": 9, "b": 9}, 1, "a/block"), ({"a": 9, "b": 9, "c": 9}, 1, "a"), ({"a": 9, "b": 9, "c": 9}, 4, "a/block")],
)
def test_auto_takes_videos_where_there_are_enough(counts, folds, prefix):
    assert run(counts, folds=folds)["group"].iloc[0].removesuffix("0") == prefix


def test_subjects_span_videos():
    subjects = {"a": "m1", "b": "m1", "c": "m2", "d": "m3"}
    rows = run(dict.fromkeys("abcd", 6), group_by="subject", subjects=subjects, validation_fraction=0.3)
    assert rows.groupby("group")["video"].unique().map(list).to_dict() == {"m1": ["a", "b"], "m2": ["c"], "m3": ["d"]}
    assert rows.groupby("group")["part"].nunique().eq(1).all()


def test_large_groups_validate_on_a_block_of_one():
    rows = run({"a": 20, "b": 20, "c": 20}, group_by="video")
    assert part_sizes(rows) == {"train": 36, "test": 20, "validation": 4}
    assert rows[rows["part"] == "validation"]["video"].nunique() <= 2


def test_one_training_group_validates_on_a_block_of_itself():
    rows = run({"a": 40, "b": 10}, group_by="video")
    assert part_sizes(rows) == {"train": 36, "test": 10, "validation": 4}
    frames = rows[rows["part"] == "validation"]["frame"]
    assert frames.diff().dropna().eq(3).all()


def test_no_test_and_no_validation():
    rows = run({"a": 5}, test_fraction=0, validation_fraction=0)
    assert part_sizes(rows) == {"train": 5}
    assert part_sizes(run({"a": 20}, test_fraction=0)) == {"train": 18, "validation": 2}


def test_too_few_groups_is_an_error_with_numbers_and_a_fix():
    with pytest.raises(ValueError, match="split by video") as error:
        run({"a": 5, "b": 7}, group_by="video", folds=3)
    assert str(error.value) == (
        "split by video: 12 labelled frames make 2 groups (a, b), but folds: 3 and test_fraction: 0.2 need 3. Label "
        "more, take smaller groups (`split.group_by: block`, more `split.blocks`), or ask for less (`split.folds`, "
        "`split.test_fraction`)"
    )
    with pytest.raises(ValueError, match="0 labelled frames make 0 groups"):
        run({})
    with pytest.raises(ValueError, match=r"no frame of a/block[01] can both train and validate"):
        run({"a": 2})
    with pytest.raises(ValueError, match="no subject for the labelled videos b; fill in the sheet's column `subject`"):
        run({"a": 5, "b": 7}, group_by="subject", subjects={"a": "m1"})


def test_split_labels_writes_the_table(tmp_path):
    point = {
        "x": 1.0,
        "y": 2.0,
        "visibility": "visible",
        "annotator": "",
        "image": None,
        "source": "s",
        "row": 1,
        "set_at": None,
    }
    rows = [{"video": "a", "frame": f, "individual": "i", "keypoint": k, **point} for f in range(20) for k in "pq"]
    files.write(tmp_path / "labels.parquet", pd.DataFrame(rows), LABELS)
    out = tmp_path / "splits.parquet"
    split_labels(tmp_path / "labels.parquet", out, config=DEFAULTS, subjects={}, seed=0, provenance={"seed": 0})
    written = files.read(out, SPLITS)
    pd.testing.assert_frame_equal(written, run({"a": 20}).assign(frame=range(20)), check_dtype=False)
    assert files.read_provenance(out) == {"seed": 0}
