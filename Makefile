# Everything a newcomer runs. `make help` lists it; nothing but Python >= 3.11, git and make is needed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo ui test test-slow test-all check format model widths data lock wheel bench clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "resistml needs Python 3.11 or newer; this is %d.%d. Name another: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@echo "Making the environment in $(VENV) (once; about two minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

setup: $(STAMP)  ## make the environment from the hashed lock file
demo: $(STAMP)  ## the main job: from the review to scored, ranked and explained profiles
	@$(BIN)/resistml demo

ui: $(STAMP)  ## start the MLflow UI and say where it is
	@$(BIN)/resistml ui

test: $(STAMP)  ## the quick tests
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -q -m "not slow"

test-slow: $(STAMP)  ## the slow tests alone
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -q -m slow

test-all: $(STAMP)  ## all tests
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -q

check: $(STAMP)  ## lint, format, types, import contracts
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(STAMP)  ## put the code in order
	$(BIN)/ruff check --fix src tests
	$(BIN)/ruff format src tests

model: $(STAMP)  ## train the shipped model anew, with its twenty worlds
	$(BIN)/python -m resistml train shipped --set tracking.enabled=false
	rm -rf models/default
	mv "$$(ls -td runs/shipped-*/ | head -1)model" models/default
	rm -rf runs/shipped-*

widths: $(STAMP)  ## find anew how wide intervals must be, on drawn worlds
	$(BIN)/python -m resistml.evaluate.widths

data: $(STAMP)  ## draw the shipped small cohort anew
	$(BIN)/python -m resistml cohort generate --n 2000 --seed 20260101 --out data/synthetic --force

lock: $(STAMP)  ## renew the lock file (needs uv)
	uv pip compile pyproject.toml --extra dev --extra peers --extra postgres --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header -o requirements.lock

wheel: $(STAMP)  ## build the wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w dist .

bench: $(STAMP)  ## speed and memory against their floors, then learners and oracles on fresh draws
	$(BIN)/python -m tests.bench.drawing
	$(BIN)/python -m tests.bench.tracking
	$(BIN)/resistml benchmark

clean:  ## remove what the build left
	rm -rf dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
