"""The build step that compiles the translations and puts the top-level endpoints.yaml into the wheel (setup.cfg: `cmdclass`)."""

from __future__ import annotations

import os
from pathlib import Path

from setuptools.command.build_py import build_py

CATALOGUE = "endpoints.yaml"


def compile_translations(folder: Path) -> None:
    """Write `probe.mo` beside each `probe.po`: gettext reads only compiled messages, and only sources are kept in git."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in folder.rglob("*.po"):
        with source.open("rb") as file:
            messages = read_po(file)
        made = source.with_suffix(f".{os.getpid()}.tmp")
        with made.open("wb") as file:
            write_mo(file, messages)
        made.replace(source.with_suffix(".mo"))


class BuildPy(build_py):  # type: ignore[misc]
    """Copies the catalogue beside its loader; an editable install reads the checkout's own."""

    def run(self) -> None:
        """Compile the translations, build as usual, then add the catalogue."""
        compile_translations(Path("probe/locales"))
        super().run()
        if not self.editable_mode:
            into = Path(self.build_lib) / "probe" / "catalogue"
            into.mkdir(parents=True, exist_ok=True)
            self.copy_file(CATALOGUE, str(into / CATALOGUE))

    def get_source_files(self) -> list[str]:
        """Name the catalogue as a source, so that the sdist carries it."""
        return [*super().get_source_files(), CATALOGUE]
