"""Scripts as tutorials have them, with nothing changed but the imports, print what they
print under PyTorch (`make_expected.py`), numbers to within rounding.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")
IMPORTS = (
    (re.compile(r"^import torch$", re.MULTILINE), "import ranvier as torch"),
    (re.compile(r"^import torch\.", re.MULTILINE), "import ranvier."),
    (re.compile(r"^from torch\b", re.MULTILINE), "from ranvier"),
)


@pytest.mark.parametrize("script", sorted(p.stem for p in HERE.glob("*.txt")))
def test_a_script_prints_what_it_prints_under_pytorch(
    script: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    code = (HERE / f"{script}.py").read_text("utf-8")
    for pattern, ours in IMPORTS:
        code = pattern.sub(ours, code)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, script, "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out.replace("ranvier.", "torch.")
    expected = (HERE / f"{script}.txt").read_text("utf-8")
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", expected)
    for ours, theirs in zip(
        NUMBER.findall(printed), NUMBER.findall(expected), strict=True
    ):
        assert float(ours) == pytest.approx(float(theirs), rel=1e-4, abs=2e-4)
