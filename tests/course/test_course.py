"""The course: what it lists, what it says, and that every claim holds."""

import json
import re
import tomllib

import pytest
from matplotlib.ft2font import FT2Font
from PIL import Image

import ranvier as rv
from ranvier.course import drawing
from ranvier.course.catalog import CHAPTERS, HERE, rows
from ranvier.course.experiment import Experiment
from ranvier.course.play import play
from ranvier.errors import FileError, UnknownNameError, ValueRangeError
from ranvier.fonts import FILE

ROWS = [pytest.param(row, id=row.id) for row in rows()]
KNOWN = set(FT2Font(str(FILE)).get_charmap())
PLACES = re.compile(r"\{(\w*)[^}]*\}")


def keys(table):
    """Every key, and the names of the places in every text."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((key, *rest) for rest in keys(value))
        else:
            places = PLACES.findall(value) if isinstance(value, str) else ()
            yield key, *sorted(set(places))


@pytest.mark.parametrize("row", ROWS)
def test_both_languages_say_the_same(row):
    found = tomllib.loads(row.path.with_suffix(".toml").read_text("utf-8"))
    assert sorted(keys(found["en"])) == sorted(keys(found["zh"]))
    for lang in ("en", "zh"):
        texts = row.texts(lang)
        assert texts.title and texts.question
        assert len(texts.explanation) == 2
        assert len(texts.changes) == 2
    chinese = row.path.with_suffix(".toml").read_text("utf-8")
    assert not {c for c in chinese if ord(c) > 0x2E7F and ord(c) not in KNOWN}


@pytest.mark.parametrize("row", ROWS)
def test_its_claims_hold_and_its_pictures_are_drawn(row, tmp_path):
    result = play(row, "zh", tmp_path, quick=True, say=None)
    assert result.claims
    assert [c.text for c in result.claims if not c.holds] == []
    assert result.files
    for path in result.files:
        with Image.open(path) as picture:
            assert min(picture.size) > 200
    written = json.loads((tmp_path / row.id / "result.json").read_text("utf-8"))
    assert written["holds"] is True


@pytest.mark.parametrize("row", ROWS)
def test_its_source_is_plain(row):
    source = row.path.read_text("utf-8")
    assert source.startswith('"""')
    assert re.search(r"^def experiment\(e\):", source, re.M)
    assert "ranvier.compiler" not in source
    assert len(source.splitlines()) <= 200


def test_rows_are_in_the_order_of_the_lectures():
    ids = [row.id for row in rows()]
    assert ids == sorted(ids, key=lambda i: (i[0], int(i[1:])))
    assert {row.path.parent.name for row in rows()} <= {c[0] for c in CHAPTERS.values()}
    files = set(HERE.glob("*/[a-k][0-9]*.py"))
    assert files == {row.path for row in rows()}


def test_an_unknown_row_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'xor-bpnn'"):
        rv.course.run("xor-bpn")
    with pytest.raises(UnknownNameError, match="more than one"):
        rv.course.run("all")
    with pytest.raises(ValueRangeError, match="'en' or 'zh'"):
        rv.course.run("A3", lang="de")


def test_a_folder_that_cannot_be_written(tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(FileError):
        rv.course.run("A3", out=place, say=None)


def test_a_claim_that_fails_is_said(tmp_path):
    row = rows()[0]
    lines = []
    texts = row.texts("en")
    key = next(iter(texts.claims))
    e = Experiment(row.id, texts, "en", True, None, lines.append)
    places = dict.fromkeys(PLACES.findall(texts.claims[key]), 1)
    e.claim(key, False, **places)
    assert lines[0].startswith("  FAILS: ")


def test_a_moving_picture_is_laid_out(tmp_path):
    figure, ax = drawing.panels(1, 1, (3.0, 2.0))
    before = ax.get_position().bounds
    drawing.film(
        figure, lambda i: ax.set_title(f"{i}"), range(2), tmp_path / "a.gif", 5
    )
    assert ax.get_position().bounds != before
    with Image.open(tmp_path / "a.gif") as picture:
        assert picture.n_frames == 2
