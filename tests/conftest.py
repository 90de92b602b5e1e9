"""What every test gets: asyncio for async tests, English, and an environment without anybody's keys or proxies."""

from __future__ import annotations

import gc
import os
import socketserver
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from probe.language import use_language

_FOREIGN = (
    "AZURE_",
    "OPENAI_",
    "PROBE_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT",
    "REQUESTS_CA",
    "NO_COLOR",
    "FORCE_COLOR",
)
_KEPT = (
    "PROBE_GOLDEN",
    "PROBE_AXE",
    "PROBE_FUZZ",
    "PROBE_PRISM",
    "PROBE_AZURITE",
    "PROBE_CHROMIUM",
    "PROBE_OPENAI_SPEC",
    "PROBE_KILL_ROUNDS",
)

# The same examples every time, so that a run says something about the change; PROBE_FUZZ=1 looks for new ones.
settings.register_profile("suite", deadline=None, derandomize="PROBE_FUZZ" not in os.environ)
settings.load_profile("suite")


# With the default of 5, a server of a test drops connections of a burst, and each waits a second for its second try.
socketserver.TCPServer.request_queue_size = 128


def pytest_configure(config: pytest.Config) -> None:
    """Compile once, before any worker starts: the translations, since the suite tests what is written, and all Python.

    Without compiled files every worker and each of some hundred processes would compile the package anew.
    """
    if not hasattr(config, "workerinput"):
        from probe._build import compile_translations
        from tests.locales import LOCALES

        compile_translations(LOCALES)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays to the end: thousands of tests, and the modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def user_cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A user's cache for the tests alone."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, user_cache: str) -> None:
    """No test may depend on the variables of the machine it runs on, nor on what its user's cache holds."""
    monkeypatch.setenv("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", user_cache)
    for name in list(os.environ):
        if name.upper().startswith(_FOREIGN) and name not in _KEPT:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """No test leaves its language to the next one."""
    yield
    use_language("en")
