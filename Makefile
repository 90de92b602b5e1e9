# One habit: `make check`. Everything runs in the environment that `python` belongs to.
PYTHON ?= python

.PHONY: check fix golden locales demo bench docs pictures dist constraints catalogue-check

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
	$(PYTHON) -m tests.docs.reference

locales:
	$(PYTHON) -m tests.locales

demo:
	$(PYTHON) tests/sample.py

bench:
	$(PYTHON) benchmarks/peers.py
	$(PYTHON) benchmarks/scan.py

docs:
	$(PYTHON) -m mkdocs build --strict

pictures:
	$(PYTHON) -m tests.docs.pictures

# The wheel and the sdist, one file that runs by itself (for this system and this Python), and what is in them.
dist:
	rm -rf dist
	$(PYTHON) -m build
	$(PYTHON) -m shiv --compressed --console-script probe --python '/usr/bin/env python3' --preamble .ci/preamble.py \
		--output-file dist/probe.pyz dist/*.whl
	$(PYTHON) .ci/sbom.py dist/*.whl > dist/sbom.cdx.json

# What newer SDKs and descriptions say: pip download openai azure-ai-projects azure-ai-agents --no-deps -d wheels, then
# make catalogue-check FILES="wheels/*.whl SPEC.json"; the differences are printed under today's date.
catalogue-check:
	$(PYTHON) -m tests.catalogue_check $(FILES)

# The set of versions that was last seen green; `pip install -c .ci/constraints.txt -e '.[dev]'` brings it back.
constraints:
	$(PYTHON) -m pip freeze --exclude-editable > .ci/constraints.txt
