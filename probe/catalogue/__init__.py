"""endpoints.yaml -> Catalogue: strict, fast, and every mistake said at once with its file, line and column."""

from probe.catalogue.loader import load, read_as, read_file, read_yaml
from probe.shipped import default_path, default_updated

__all__ = ["default_path", "default_updated", "load", "read_as", "read_file", "read_yaml"]
