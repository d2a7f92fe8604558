"""`python -m ranvier` and the installed command `ranvier`."""

import sys
from importlib import import_module

INTERRUPTED = 130  # as shells have it; `ranvier.cli` is not here yet to ask


def main() -> None:
    """Ctrl-C while modules are still loading ends as quietly as later."""
    try:
        cli = import_module("ranvier.cli")
        cli.never_fail()
        cli.main(prog_name="ranvier")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
