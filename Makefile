# make demo and make test are all the set-up there is: they build the environment first.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test bench audit soak compat upstream mutants lint record clean

help:
	@echo "make demo    the main job on the embedded simulator, beside plain ccxt"
	@echo "make test    the tests, with coverage"
	@echo "make bench   time and cost, beside plain ccxt (9 minutes; ARGS=--quick for a first look)"
	@echo "make audit   every claim against the truth, in 1000 random scenarios (ARGS=--seed=2)"
	@echo "make soak    20 000 cancels with lost answers: limit, memory, every id (ARGS=--cancels=2000)"
	@echo "make compat  the tests over several ccxt releases and Pythons, as a table (ARGS=--help)"
	@echo "make upstream  whether the newest ccxt still has the defects that are worked around"
	@echo "make mutants do the unit tests notice small changes of the code? (20 minutes; ARGS='ccxt_bingx_ext._ratelimit*')"
	@echo "make lint    ruff, mypy and pyright"
	@echo "make record  record the cassettes anew, from the simulator"

$(BIN)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: $(BIN)/.ready
	$(BIN)/python -m ccxt_bingx_ext demo

test: $(BIN)/.ready
	$(BIN)/python -m pytest --cov --cov-report=term-missing $(ARGS)

bench: $(BIN)/.ready-bench
	$(BIN)/python -m benchmarks $(ARGS)

$(BIN)/.ready-bench: $(BIN)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

audit: $(BIN)/.ready
	$(BIN)/python -m tools.audit $(ARGS)

soak: $(BIN)/.ready
	$(BIN)/python -m tools.soak $(ARGS)

mutants: $(BIN)/.ready-mutants
	$(BIN)/python -m tools.mutants $(ARGS)

$(BIN)/.ready-mutants: $(BIN)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutants]'
	@touch $@

compat:
	$(PYTHON) -m tools.compat $(ARGS)

upstream:
	$(PYTHON) -m tools.compat --fresh --ccxt newest --python this $(ARGS) -- tests/test_upstream_defects.py

lint: $(BIN)/.ready-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

$(BIN)/.ready-lint: $(BIN)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	@touch $@

record: $(BIN)/.ready
	$(BIN)/python -m tools.recording.record

clean:
	rm -rf $(VENV) .cache .compat dist mutants .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
