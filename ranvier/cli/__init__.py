"""The command line: `ranvier …`.

`root` knows the names of the commands and imports a command's module when it is called,
so that `ranvier --help` answers at once. A command reads its options and calls the
library; what it says comes from `texts`, in English and Chinese.
"""

from ranvier.cli.encoding import never_fail
from ranvier.cli.root import main

__all__ = ["main", "never_fail"]
