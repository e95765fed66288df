# Two commands matter: make repro, make test. They need git, make, Python >= 3.11 and a package registry.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# No telemetry and nothing from the network at run time.
export DVC_NO_ANALYTICS := true
export NO_ALBUMENTATIONS_UPDATE := 1
export HF_HUB_OFFLINE ?= 1

.PHONY: install demo repro result ablate note test check lock schema clean

install: $(VENV)/installed

$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $$($(PYTHON) --version) is too old; this project needs Python >= 3.11 (make PYTHON=python3.12 ...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $@

# The demo data are built only where there are no data yet; yours are never touched.
demo: install
	@if [ -n "$$(ls -A data/raw 2>/dev/null)" ]; then echo "data/raw: holds data, left as it is"; \
	elif [ -e data/raw.dvc ]; then echo "data/raw: is in your team's remote; run: dvc pull"; exit 1; \
	else $(BIN)/python -m examples.emoji.build --out data/raw; fi

repro: demo
	$(BIN)/dvc repro
	@$(BIN)/python -m pipelines.result

result: install
	@$(BIN)/python -m pipelines.result

# Which change helps: one at a time, as experiments.yaml says; stopped, it goes on where it was. See docs/experiments.md.
ablate: demo
	@$(BIN)/python -m pipelines.ablate

# make note NAME=baseline-s0 TEXT="before the new photos"
note: install
	@$(BIN)/python -m pipelines.ablate --note "$(NAME)" "$(TEXT)"

test: install
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pipelines.schema --check
	$(BIN)/python -m pytest tests/test_lock.py

# After a change of pyproject.toml: resolve anew. uv is used for this alone and lives outside the project's environment.
lock:
	$(PYTHON) -m venv .toolkit/lock && .toolkit/lock/bin/pip install --quiet uv
	.toolkit/lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --extra demo --extra dask --extra dev \
	  --no-header --no-annotate --no-emit-index-url --output-file requirements.lock

schema: install
	$(BIN)/python -m pipelines.schema

# What can be made again; data/raw, the DVC cache, dvc.lock and the ledger of experiments stay.
clean:
	[ ! -d reports ] || find reports -mindepth 1 -not -name 'experiments.*' -delete
	rm -rf .toolkit .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
