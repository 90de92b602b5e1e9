# One habit: `make check`. Everything runs in the environment that `python` belongs to.
PYTHON ?= python

.PHONY: check fix golden locales demo bench dist constraints

check:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest

fix:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

golden:
	PROBE_GOLDEN=1 $(PYTHON) -m pytest tests/formats
	$(PYTHON) -m probe catalogue schema > probe/catalogue/schema.json
	$(PYTHON) -m probe explain --markdown > docs/diagnoses.md

locales:
	$(PYTHON) -m tests.locales

demo:
	$(PYTHON) tests/sample.py

bench:
	$(PYTHON) benchmarks/peers.py
	$(PYTHON) benchmarks/scan.py

dist:
	$(PYTHON) -m build

# The set of versions that was last seen green; `pip install -c .ci/constraints.txt -e '.[dev]'` brings it back.
constraints:
	$(PYTHON) -m pip freeze --exclude-editable > .ci/constraints.txt
