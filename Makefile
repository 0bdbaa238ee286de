# Every target builds the environment that it needs. No other set-up is necessary.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

# Tests mostly wait for the simulator. The tests of one file run in one process: some share what the first one builds.
JOBS ?= 2

# Exact versions with hashes: a new release of a dependency changes nothing here, and pip refuses a replaced file.
# `make lock` updates them. Only wheels: a source distribution would fetch its build backend unchecked.
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
INSTALL = $(PIP) install --require-hashes --only-binary :all: $(PINS:%=--requirement %)
PINS = requirements/ccxt-newest.txt requirements/test.txt

.DEFAULT_GOAL := help
.PHONY: help demo test bench audit soak compat newest upstream vulnerabilities mutants docs build lint lint-github lock record clean

help:
	@echo "make demo      the main job on the embedded simulator, next to plain ccxt"
	@echo "make test      run the tests, with coverage (ARGS=tests/unit: some, without)"
	@echo "make docs      build the site in .cache/site, and check its links and diagrams"
	@echo "make build     the wheel and the source distribution, in dist/"
	@echo "make lint      ruff, mypy, pyright, import layers, spelling, and the workflows"
	@echo "make bench     measure time and cost, next to ccxt (9 minutes; ARGS=--quick)"
	@echo "make audit     check every claim in 1000 random scenarios (ARGS=--seed=2)"
	@echo "make soak      20 000 cancels with lost responses (ARGS=--cancels=2000)"
	@echo "make mutants   change the code, and check that the unit tests fail (20 minutes;"
	@echo "               ARGS='ccxt_bingx_ext._ratelimit*' for a part of it)"
	@echo "make compat    run the tests on several ccxt releases and Pythons (ARGS=--help)"
	@echo "make newest    run the fast tests on the newest release of every dependency"
	@echo "make upstream  check that the newest ccxt still has the defects worked around"
	@echo "make vulnerabilities  ask PyPI for known vulnerabilities of the pinned packages"
	@echo "make lock      pin the development set to the newest releases, with hashes"
	@echo "make record    record the cassettes again, from the simulator"

$(BIN)/.ready: pyproject.toml $(PINS)
	@echo "Installing ccxt and the test tools, in pinned versions, into $(VENV). This happens once."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL)
# A folder has no hash, so it goes second. The first step has installed its dependencies.
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(BIN)/.ready
	$(BIN)/python -m ccxt_bingx_ext demo

# ARGS selects some of the tests. A coverage report would then mislead.
test: $(BIN)/.ready
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(if $(ARGS),$(ARGS),--cov --cov-report=term-missing)

bench: $(BIN)/.ready-bench
	$(BIN)/python -m benchmarks $(ARGS)

$(BIN)/.ready-bench: $(BIN)/.ready requirements/bench.txt
	$(INSTALL) --requirement requirements/bench.txt
	@touch $@

audit: $(BIN)/.ready
	$(BIN)/python -m tools.audit $(ARGS)

soak: $(BIN)/.ready
	$(BIN)/python -m tools.soak $(ARGS)

mutants: $(BIN)/.ready-mutants
	$(BIN)/python -m tools.mutants $(ARGS)

$(BIN)/.ready-mutants: $(BIN)/.ready requirements/mutants.txt
	$(INSTALL) --requirement requirements/mutants.txt
	@touch $@

compat:
	$(PYTHON) -m tools.compat $(ARGS)

newest:
	$(PYTHON) -m tools.compat --fresh --ccxt newest --python this $(ARGS) -- tests/unit tests/test_upstream_defects.py

upstream:
	$(PYTHON) -m tools.compat --fresh --ccxt newest --python this $(ARGS) -- tests/test_upstream_defects.py

# pip-audit is not pinned, has an environment of its own, and installs none of the packages that it audits. --strict
# fails on a package that PyPI does not know: otherwise an index without advisories would pass for "none found".
vulnerabilities:
	$(PYTHON) -m venv --clear .cache/pip-audit
	.cache/pip-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	.cache/pip-audit/bin/pip-audit --strict --progress-spinner off --vulnerability-service pypi \
	  --no-deps --disable-pip --requirement requirements/ccxt-newest.txt

lint: $(BIN)/.ready-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/codespell
	@$(MAKE) --no-print-directory lint-github

# GitHub hides an issue form that it cannot read, without an error.
lint-github: $(BIN)/.ready-lint
	$(BIN)/zizmor --offline --no-progress --quiet .github/workflows
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml

$(BIN)/.ready-lint: $(BIN)/.ready requirements/lint.txt
	$(INSTALL) --requirement requirements/lint.txt
	@touch $@

# The variable hides the theme's warning about its end of life in 2027.
docs: $(BIN)/.ready-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "Open .cache/site/index.html"

$(BIN)/.ready-docs: $(BIN)/.ready requirements/docs.txt
	$(INSTALL) --requirement requirements/docs.txt
	@touch $@

build: $(BIN)/.ready
	$(BIN)/python -m build --quiet --no-isolation $(ARGS) .

# In an environment of its own: uv, which pins the development set, is not part of the set.
lock:
	$(PYTHON) -m venv --clear .cache/lock
	.cache/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	.cache/lock/bin/python -m tools.lock

record: $(BIN)/.ready
	$(BIN)/python -m tools.recording.record

clean:
	rm -rf $(VENV) .cache .compat dist mutants .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
