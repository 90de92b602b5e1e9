"""`python -m probe`, which would import from the working folder first: a `click.py` of somebody's repository would see the keys."""

import os
import sys

import probe

_HOME = probe.__path__[0].rpartition(os.sep)[0]
sys.path[:] = [one for one in sys.path if one == _HOME or os.path.realpath(one) != os.path.realpath(os.curdir)]

from probe.cli import main  # noqa: E402 - only now is it known where from

if __name__ == "__main__":
    main()
