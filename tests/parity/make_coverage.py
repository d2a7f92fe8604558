"""Run the rows of parity and write docs/en/coverage.md and docs/zh/coverage.md.

    python tests/parity/make_coverage.py

Nothing is written unless every row passes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from parity import coverage  # noqa: E402


def main() -> int:
    tests = [sys.executable, "-m", "pytest", "-q", str(HERE / "test_parity.py")]
    done = subprocess.run(tests, cwd=HERE.parents[1])
    if done.returncode:
        print("not every row passed: nothing written", file=sys.stderr)
        return 1
    for language, page in coverage.PAGES.items():
        page.write_text(coverage.render(language), "utf-8")
        print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
