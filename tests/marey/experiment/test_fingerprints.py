"""Fingerprints of videos: the same until the content of a file changes, wherever it does."""

import json
import os

import pytest

from marey.experiment.fingerprints import Fingerprints, Probed
from marey.provenance.hashes import content_hash

PLACES = [0, 250_000, 500_000, 999_999]  # first, in no part of the fingerprint, in the middle, last


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "a.mp4"
    write(path, bytes(range(250)) * 4000, time=1)
    return path


def write(path, content, *, time):
    path.write_bytes(content)
    os.utime(path, (time, time))


def asked(video, hashed=None, *, told="", time=0, saved=True):
    """The fingerprint as a new run asks for it, where probing recorded `hashed` and was `told` one, at a time in s."""
    fingerprints = Fingerprints(video.parent / "state" / "f.json")
    found = fingerprints.of(video, lambda: hashed and Probed(hashed, told, time * 10**9))
    if saved:
        fingerprints.save()
    return found


@pytest.mark.parametrize("place", PLACES)
def test_a_repaired_video_of_the_same_size_is_another_one_once(video, place):
    before, content, probed = asked(video), bytearray(video.read_bytes()), content_hash(video)
    content[place] ^= 1
    write(video, content, time=2)
    repaired = asked(video, probed)
    assert repaired != before
    assert asked(video, content_hash(video)) == repaired  # probed anew
    write(video, content, time=3)
    assert asked(video, content_hash(video)) == repaired


def test_a_touch_changes_nothing_and_costs_one_hash(video):
    before, probed, calls = asked(video), content_hash(video), []
    os.utime(video, (2, 2))
    for _ in range(3):
        found = Fingerprints(video.parent / "state" / "f.json")
        assert found.of(video, lambda: calls.append(1) or Probed(probed, before, 0)) == before
        found.save()
    assert len(calls) == 1


@pytest.mark.parametrize("place", [0, 500_000, 999_999])
def test_another_video_of_the_same_time_is_another_one(video, place):
    before, content = asked(video), bytearray(video.read_bytes())
    content[place] ^= 1
    write(video, content, time=1)
    assert asked(video, "probed") != before


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_longer_video_has_another_fingerprint(video, size):
    write(video, bytes(size), time=1)
    before = asked(video)
    write(video, bytes(size + 1), time=1)
    assert asked(video) != before


def test_jobs_agree_with_the_run_that_started_them(video):
    """A job deletes the `probe` table that it makes anew, and with it the hash that it could compare."""
    asked(video)
    content, probed = bytearray(video.read_bytes()), content_hash(video)
    content[250_000] ^= 1
    write(video, content, time=2)
    repaired = asked(video, probed)
    assert asked(video, None, saved=False) == repaired


def test_before_it_was_probed_and_without_a_state_the_ends_count(video):
    before = asked(video)
    os.utime(video, (2, 2))
    assert asked(video, None) == before
    for broken in ("broken", "[]", "null", json.dumps({str(video): 5}), json.dumps({str(video): {"time": 0}})):
        (video.parent / "state" / "f.json").write_text(broken)
        assert asked(video, None) == before


def forget(video):
    (video.parent / "state" / "f.json").unlink()


def test_without_a_state_a_file_that_is_younger_than_its_table_is_compared(video):
    before, probed, content = asked(video), content_hash(video), bytearray(video.read_bytes())
    content[250_000] ^= 1
    forget(video)
    os.utime(video, (9, 9))
    assert asked(video, probed, told=before, time=5) == before
    forget(video)
    write(video, content, time=10)
    assert asked(video, probed, told=before, time=5) == content_hash(video)


def test_without_a_state_an_earlier_repair_is_not_forgotten(video):
    before, probed, content = asked(video), content_hash(video), bytearray(video.read_bytes())
    content[250_000] ^= 1
    write(video, content, time=2)
    repaired = asked(video, probed)
    forget(video)
    assert asked(video, content_hash(video), told=repaired, time=5) == repaired != before
    forget(video)
    content[250_000] ^= 1
    content[0] ^= 1
    write(video, content, time=3)
    assert asked(video, repaired, told=repaired, time=5) != repaired


def test_what_cannot_be_read_stops_nothing(video):
    (video.parent / "folder.mp4").mkdir()
    assert asked(video.parent / "folder.mp4") == "unreadable"
