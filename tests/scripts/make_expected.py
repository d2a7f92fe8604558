"""What the scripts of this folder print under PyTorch.

python tests/scripts/make_expected.py     where torch is installed
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    for script in sorted(HERE.glob("[a-z]*.py")):
        if script.stem not in ("make_expected", "test_scripts"):
            command = [sys.executable, "-W", "ignore", str(script)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            script.with_suffix(".txt").write_text(done.stdout, "utf-8")
