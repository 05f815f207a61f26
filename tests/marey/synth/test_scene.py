import pytest

from marey.synth.scene import Scene


@pytest.mark.parametrize(("field", "value"), [("coats", ("tartan",)), ("cameras", ("below",)), ("coats", ())])
def test_unknown_names_are_refused(field, value):
    with pytest.raises(ValueError, match=f"Scene.{field}.*expected one or more of"):
        Scene(**{field: value})


def test_individuals_are_named_in_order():
    assert Scene(individuals=3).names == ("mouse1", "mouse2", "mouse3")


def test_chance_depends_on_seed_purpose_and_number_only():
    first = Scene(seed=1).generator("noise", 4).random(3)
    assert (first == Scene(seed=1, individuals=5).generator("noise", 4).random(3)).all()
    others = [
        Scene(seed=2).generator("noise", 4),
        Scene(seed=1).generator("hair", 4),
        Scene(seed=1).generator("noise", 5),
    ]
    assert all((first != other.random(3)).all() for other in others)
