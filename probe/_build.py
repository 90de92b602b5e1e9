"""The build step that puts the top-level endpoints.yaml into wheel and sdist (setup.cfg names it as `cmdclass`)."""

from __future__ import annotations

from pathlib import Path

from setuptools.command.build_py import build_py

CATALOGUE = "endpoints.yaml"


class BuildPy(build_py):  # type: ignore[misc]
    """Copies the catalogue beside its loader; an editable install reads the checkout's own."""

    def run(self) -> None:
        """Build as usual, then add the catalogue."""
        super().run()
        if not self.editable_mode:
            into = Path(self.build_lib) / "probe" / "catalogue"
            into.mkdir(parents=True, exist_ok=True)
            self.copy_file(CATALOGUE, str(into / CATALOGUE))

    def get_source_files(self) -> list[str]:
        """Name the catalogue as a source, so that the sdist carries it."""
        return [*super().get_source_files(), CATALOGUE]
