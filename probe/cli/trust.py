"""Which credential may go to which origin: a pair that a file makes is shown, and needs the user's word.

A `.env`, a fleet file, a pasted request or a saved run can come from a stranger. Whoever names the URL gets the key, so a URL that
a file names never gets a key of the user's environment unasked, nor does the user's URL get a key that some file names. The same
holds for a proxy, for certificates and addresses that a fleet file names: they decide who may read along.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from probe.errors import UsageError
from probe.frozen import Frozen
from probe.view.escape import visible

_DECIDED = ((False, "where a credential goes"), (True, "how requests travel"))


class Pair(Frozen):
    """One credential and the origin that it would be sent to.

    `url_place` and `key_place` say which file and line named each (`.env:3`); "" stands for the user: an option or the environment.
    `is_chosen` means that an option of this command named the URL or the variable. `is_way` says that it is no credential but a
    network option, such as a proxy.
    """

    variable: str
    origin: str
    url_place: str = ""
    key_place: str = ""
    is_chosen: bool = False
    is_way: bool = False

    @property
    def strangers(self) -> tuple[str, ...]:
        """The files that would have to be trusted; none where both come from the user, or both from the same file."""
        files = (file_of(self.url_place), file_of(self.key_place))
        return () if self.is_chosen or files[0] == files[1] else tuple(dict.fromkeys(one for one in files if one))

    def __str__(self) -> str:
        """`VARIABLE -> origin, named by FILE:LINE`; letters beyond ASCII are escaped, since they can look like others."""
        places = " and ".join(dict.fromkeys(one for one in (self.url_place, self.key_place) if one))
        return f"{self.variable} -> {self.origin.encode('ascii', 'backslashreplace').decode()}, named by {places}"


def file_of(place: str) -> str:
    """Take the line off a place: `.env:3` -> `.env`; a place that is not a file stays whole."""
    file, _colon, line = place.rpartition(":")
    return file if line.isdigit() else place


def require_trust(pairs: Iterable[Pair], trusted: Sequence[Path] = ()) -> None:
    """Accept pairs that the user made; ask about the others on a terminal, and refuse them elsewhere.

    `trusted` are the files whose word the user takes. The refusal says exactly what to type.
    """
    known = {path.resolve() for path in trusted}
    doubtful = [pair for pair in dict.fromkeys(pairs) if any(Path(file).resolve() not in known for file in pair.strangers)]
    if not doubtful:
        return
    shown = "\n".join(f"  {visible(str(pair))}" for pair in doubtful)
    who = "a file" if all(Path(file).exists() for pair in doubtful for file in pair.strangers) else "the paste"
    ways = {pair.is_way for pair in doubtful}
    what = f"{who} decides {' and '.join(text for is_way, text in _DECIDED if is_way in ways)}"
    if sys.stdin.isatty() and sys.stderr.isatty():
        import click

        click.echo(f"{what[:1].upper()}{what[1:]}:\n{shown}", err=True)
        if click.confirm("Send it there?", default=False, err=True):
            return
    files = dict.fromkeys(file for pair in doubtful for file in pair.strangers)
    options = " ".join(f"--trust {shlex.quote(file)}" for file in files if Path(file).exists())
    first = doubtful[0]
    explicit = f"--target {first.origin}" if first.url_place else f"--key-env {first.variable}"
    raise UsageError(
        f"{what}:\n{shown}",
        hint=f"if that is right, add {options}" if options else f"if that is right, add {explicit}",
    )
