"""The table of matches: made rigs whose tracks are called otherwise in each camera."""

import numpy as np
import pandas as pd
import pytest

from marey.multiview.match_views import match_views
from marey.multiview.triangulate_session import triangulate_session
from marey.tables import files
from marey.tables.matches import MATCHES
from marey.tables.points import POINTS
from marey.tables.tracks import TRACKS, UNIQUE

from . import made_animals, rig, session


def run(made, folder, **changed):
    out = folder / "matches.parquet"
    given = made.files
    config = made_animals.CONFIG | changed
    match_views(given.tables, out, config=config, provenance={"a": 1})
    assert files.read_provenance(out) == {"a": 1}
    return files.read(out, MATCHES)


@pytest.mark.parametrize(("cameras", "animals"), [(2, 2), (3, 3), (8, 2)])
@pytest.mark.parametrize("known", [True, False])
def test_tracks_of_all_cameras_are_matched(tmp_path, cameras, animals, known):
    made = made_animals.make(tmp_path, made_animals.walks(animals, 200), cameras)
    rows = run(made, tmp_path, number=animals if known else None)
    assert made_animals.right(rows, made)
    assert len(rows) == cameras * animals
    assert (rows["margin"] > 0.9).all()
    assert rows["cost"].to_numpy() == pytest.approx(1, abs=0.35)
    assert rows["doubt_start"].isna().all()


def test_mice_that_touch_all_the_time_are_matched(tmp_path):
    made = made_animals.make(tmp_path, made_animals.walks(2, 200, near=15.0), 8, noise=2.0)
    rows = run(made, tmp_path, number=2)
    assert made_animals.right(rows, made)
    for camera in ("view1", "view6"):
        del made.files.tracks[camera], made.files.frames[camera]
    rows = run(made, tmp_path, number=2)
    assert made_animals.right(rows, made)
    assert rows["camera"].nunique() == 6


def test_absent_animals_parts_of_tracks_and_other_numbers_of_them_are_ordinary(tmp_path):
    def change(tables, chance):
        tables[0] = tables[0][tables[0]["owner"] != 1]  # a camera without the second
        tables[1] = tables[1][tables[1]["owner"] == 2]  # and one with the third alone
        for start in (60, 130):  # pieces in another
            late = tables[2]["frame"] >= start
            tables[2].loc[late, "individual"] = tables[2].loc[late, "individual"] + "'"
        tables[3] = tables[3][:0]  # and one that sees nothing

    made = made_animals.make(tmp_path, made_animals.walks(3, 200), 5, change=change)
    for number in (3, 4, None):
        rows = run(made, tmp_path, number=number)
        assert made_animals.right(rows, made)
        assert rows.groupby("camera").size().tolist() == [2, 1, 9, 3]


def test_an_animal_that_one_camera_sees_is_an_individual(tmp_path):
    def change(tables, chance):
        for at in (1, 2):
            tables[at] = tables[at][tables[at]["owner"] == 0]

    made = made_animals.make(tmp_path, made_animals.walks(2, 120), 3, change=change)
    rows = run(made, tmp_path, number=2)
    assert made_animals.right(rows, made)
    alone = rows[[made.owner[row.camera, row.track] == 1 for row in rows.itertuples()]].iloc[0]
    assert alone["shared"] == 0
    assert np.isnan(alone["cost"])


def test_a_track_that_fits_nobody_is_nobody(tmp_path):
    def mirror(tables, chance):
        ghost = tables[0][tables[0]["owner"] == 0].assign(individual="reflection", owner=9)
        ghost["x"] = 640 - ghost["x"]
        tables[0] = pd.concat([tables[0], ghost])

    made = made_animals.make(tmp_path, made_animals.walks(2, 200), 4, change=mirror)
    rows = run(made, tmp_path, number=2).set_index("track")
    assert pd.isna(rows.loc["reflection", "individual"])
    assert made_animals.right(rows.drop("reflection").reset_index(), made)


def test_a_track_that_changes_the_animal_has_a_low_margin(tmp_path):
    def exchange(tables, chance):
        rows = tables[1]
        late = rows["frame"] >= 150
        first, second = rows["individual"].unique()
        rows.loc[late, "individual"] = rows.loc[late, "individual"].map({first: second, second: first})

    made = made_animals.make(tmp_path, made_animals.walks(2, 200), 4, change=exchange)
    rows = run(made, tmp_path, number=2)
    listed = rows[rows["margin"] < 0.7]
    assert listed["camera"].tolist() == ["view2", "view2"]
    assert listed["doubt_start"].to_numpy() == pytest.approx(150, abs=30)
    assert listed["doubt_stop"].tolist() == [200, 200]


def test_names_of_the_network_count_where_geometry_says_nothing(tmp_path):
    truth = np.tile(made_animals.walks(2, 1), (60, 1, 1, 1))

    def part(tables, chance):  # no two cameras see anything at one time
        for at, rows in enumerate(tables):
            tables[at] = rows[rows["frame"] // 15 == at]

    names = ["black", "white"]
    made = made_animals.make(tmp_path, truth, 4, change=part, names=lambda camera, animal: names[animal])
    rows = run(made, tmp_path, number=2, identities=names)
    assert (rows["individual"] == rows["track"]).all()

    made = made_animals.make(
        tmp_path, made_animals.walks(2, 200), 4, names=lambda camera, animal: names[(animal + (camera == 2)) % 2]
    )
    rows = run(made, tmp_path, number=2, identities=names)  # here they say another thing, of one camera
    assert made_animals.right(rows, made)
    assert (rows["individual"] == rows["track"]).tolist() == [True] * 4 + [False] * 2 + [True] * 2


def test_exchanged_cameras_are_an_error_and_no_tracks_are_none(tmp_path):
    made = made_animals.make(tmp_path, made_animals.walks(2, 120), 4)
    cams = rig.ring(4)
    cams[1], cams[3] = cams[3]._replace(name="view2"), cams[1]._replace(name="view4")
    files.write(made.files.cameras, made_animals.rig_of.camera_rows(cams, unit="mm"), made_animals.CAMERAS)
    with pytest.raises(ValueError, match="'view2' and 'view4' seem to be exchanged"):
        run(made, tmp_path)
    for path in made.files.tracks.values():
        files.write(path, files.empty(TRACKS), TRACKS)
    assert len(run(made, tmp_path)) == 0


def test_individuals_are_triangulated_by_the_table(tmp_path):
    def objects(tables, chance):
        for at, rows in enumerate(tables):
            unique = rows[(rows["owner"] == 0) & (rows["keypoint"] == "tail")].assign(
                individual=UNIQUE, keypoint="nose"
            )
            tables[at] = pd.concat([rows, unique])

    truth = made_animals.walks(2, 60)
    made = made_animals.make(tmp_path, truth, 4, noise=0.3, change=objects)
    rows = run(made, tmp_path, number=2)
    assert UNIQUE not in rows["track"].tolist()
    out, given = tmp_path / "points.parquet", made.files
    tables = given.tables._replace(matches=tmp_path / "matches.parquet")
    triangulate_session(tables, given.probes, out, config=session.CONFIG | {"symmetry": []})
    points = files.read(out, POINTS)
    names = sorted(rows["individual"].unique())
    assert sorted(points["individual"].unique()) == [*names, UNIQUE]
    for name in names:
        first = rows[rows["individual"] == name].iloc[0]
        found = points[points["individual"] == name][list("xyz")].to_numpy(float).reshape(60, -1, 3)
        assert np.abs(found - truth[:, made.owner[first["camera"], first["track"]]]).max() < 3
    nose = points[(points["individual"] == UNIQUE) & (points["keypoint"] == "nose")][list("xyz")].to_numpy(float)
    assert np.abs(nose - truth[:, 0, 3]).max() < 3


def test_tracks_of_nobody_are_left_out_of_points(tmp_path):
    made = made_animals.make(tmp_path, made_animals.walks(2, 30), 3)
    path = tmp_path / "by_hand.parquet"
    made_animals.write_matches(path, made, lambda animal: "one" if animal == 0 else None)
    given, out = made.files, tmp_path / "points.parquet"
    tables = given.tables._replace(matches=path)
    triangulate_session(tables, given.probes, out, config=session.CONFIG | {"symmetry": []})
    points = files.read(out, POINTS)
    assert points["individual"].unique().tolist() == ["one"]
    assert (points["views_used"] == 3).mean() > 0.95
