"""Names: one form of each wherever it comes from, and nothing in them that nobody sees."""

import unicodedata

import pytest

from marey.labels.names import clean_name, invisible, name_fault, name_faults, quoted


@pytest.mark.parametrize(
    "text", ["Pfötchen", unicodedata.normalize("NFD", "Pfötchen"), " Pfötchen\t", "\u00a0Pfötchen"]
)
def test_space_around_a_name_and_the_way_accents_are_typed_do_not_count(text):
    assert clean_name(text) == "Pf\u00f6tchen"


@pytest.mark.parametrize(
    "name", ["snout", "left ear", "鼻", "a$b$c", "x^2", "_hidden", "01", "null", "Schwänzchen", "R&D"]
)
def test_names_that_are_seen_are_sound(name):
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "a name is empty"),
        ("nose\ntip", "'nose\\ntip' holds the character U+000A"),
        ("nose\x00", "U+0000"),
        ("nose\u202etip", "U+202E"),
        ("nose\u200b", "U+200B"),
        ("nose\ud800", "U+D800"),
        ("nose\u2028tip", "U+2028"),
        ("</script><script>alert(1)</script>", "holds '<', as markup does"),
        ("a" * 101, "has 101 characters; take at most 100"),
    ],
)
def test_a_fault_of_a_name_says_what_it_holds(name, fault):
    assert fault in name_fault(name)
    name_fault(name).encode()  # can be printed


def test_a_list_of_names_holds_each_once():
    assert name_faults(["snout", "ear", "tail"]) == []
    (fault,) = name_faults(["snout", "ear", "snout", "snout"])
    assert fault.startswith("'snout' is there 3 times")
    assert len(name_faults(["", "", "a\n"])) == 3


def test_names_are_quoted_in_messages():
    assert quoted(["on", "a, b"]) == "'on', 'a, b'"
    assert invisible("plain text") == ""
