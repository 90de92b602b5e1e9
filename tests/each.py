"""Many small cases as one test: what pytest does around each test would cost more than the cases themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def each(cases: Iterable[Any], name: Callable[[Any], str] = str) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Check every case, a tuple as several arguments, and tell at the end all that failed, each by its name."""

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        def test() -> None:
            failed, every = [], list(cases)
            for case in every:
                try:
                    check(*case) if isinstance(case, tuple) else check(case)
                except (AssertionError, pytest.fail.Exception) as error:
                    failed.append(f"{name(case)}: {error}")
                except Exception as error:
                    error.add_note(f"in the case {name(case)}")
                    raise
            assert every, "no cases"
            assert not failed, f"{len(failed)} of {len(every)} failed:\n" + "\n\n".join(failed[:10])

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return decorate
