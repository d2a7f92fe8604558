"""The course's pages belong to the rows as they are, without running them again."""

import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from ranvier.course import rows

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))

import make_course  # noqa: E402
from gallery import markdown, outcome, pages, pictures, recorded  # noqa: E402

MADE = make_course.pages()
FILES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in MADE]
LINK = re.compile(r"\]\(([^)]+)\)|src=\"([^\"]+)\"")
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", FILES)
def test_a_page_is_what_texts_code_and_outcome_make(path):
    assert path.read_text("utf-8") == MADE[path], (
        f"{path.relative_to(ROOT)} is old; run python docs/make_course.py"
    )


@pytest.mark.parametrize("path", FILES)
def test_a_page_leads_somewhere(path):
    for link in LINK.findall(CODE.sub("", MADE[path])):
        assert (path.parent / "".join(link)).exists(), link


def test_there_are_no_other_pages():
    for folder in outcome.PAGES.values():
        assert {*folder.glob("*.md")} <= {*MADE}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_the_outcome_is_of_the_code_and_words_that_are_there(row):
    assert not outcome.is_stale(row), (
        f"{row.id} has changed since; run python docs/make_course.py --run {row.id}"
    )
    assert all(said[2] for said in outcome.kept(row)["said"] if said[0] == "claim")


def test_pictures_are_small():
    every = []
    for folder in outcome.PAGES.values():
        stills, films = [*folder.glob("*.png")], [*folder.glob("*.gif")]
        assert max(still.stat().st_size for still in stills) <= pictures.STILL_BYTES
        assert max(film.stat().st_size for film in films) <= pictures.FILM_BYTES
        every += stills + films
    assert sum(picture.stat().st_size for picture in every) <= 8_000_000


def test_what_is_kept_is_said_in_both_languages(tmp_path):
    row = next(row for row in rows() if row.id == "A3")
    found = recorded.run(row, tmp_path)
    assert found["files"] == ["a3.png"]
    for lang, word in (("en", "holds: "), ("zh", "成立: ")):
        lines = recorded.replayed(row, lang, recorded.stored(found["said"]))
        assert any(word in line for line in lines)
        with Image.open(tmp_path / lang / "a3.png") as picture:
            assert min(picture.size) > 200


def test_a_word_is_said_in_the_other_language(tmp_path):
    row = next(row for row in rows() if row.id == "B2")
    e = recorded.Recorded(row, "en", tmp_path)
    kept = recorded.stored([[e.word("with"), 1.0]])
    assert kept == [[{"word": "with"}, 1.0]]
    assert recorded.spoken(pages.silent(row, "zh"), kept) == [["tanh", 1.0]]


def test_draw_functions_draw_for_both_while_recorded(tmp_path):
    drawn = []

    class Module:
        @staticmethod
        def draw(e, what):
            drawn.append((e, what))

    other = recorded.Recorded(rows()[0], "zh", tmp_path)
    with recorded.drawn_again(Module, other) as aside:
        Module.draw("first", 1)
    Module.draw("first", 2)
    assert drawn == [("first", 1), (other, 1), ("first", 2)]
    assert len(aside) == 1


def test_a_row_that_fails_does_not_stop_the_others(monkeypatch, capsys):
    outcomes = {
        "A1": {"seconds": 1.0, "said": [["claim", "a", True, {}]]},
        "A3": {"seconds": 2.0, "said": [["claim", "a", False, {}]]},
    }
    monkeypatch.setattr(outcome, "renew", lambda row, machine: outcomes[row.id])
    assert make_course.run(make_course.chosen(["A1", "A2", "A3"])) == ["A2", "A3"]
    said = capsys.readouterr()
    assert "A1       1.0 s  1 of 1 claims hold" in said.out
    assert "KeyError" in said.err


def test_prose_has_no_markup_but_code():
    assert markdown.prose("a*b | W[h]_i `x_1` $1$") == r"a\*b \| W\[h\]\_i `x_1` \$1\$"
    assert markdown.prose("a*b `x") == r"a\*b \`x"


def test_a_film_keeps_its_frames_and_rests_at_the_end(tmp_path):
    frames = [Image.new("RGB", (1000, 300), (40 * n, 90, 200)) for n in range(5)]
    source, target = tmp_path / "a.gif", tmp_path / "b.gif"
    frames[0].save(source, save_all=True, append_images=frames[1:], duration=100)
    pictures.small(source, target)
    with Image.open(target) as film:
        assert (film.n_frames, film.width) == (5, pictures.FILM_WIDTH)
        film.seek(4)
        assert film.info["duration"] == pictures.LAST


def test_a_picture_that_cannot_be_small_is_refused(tmp_path):
    noise = Image.effect_noise((1200, 1200), 200)
    noise.save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="more than 120,000"):
        pictures.small(tmp_path / "a.png", tmp_path / "b.png")
