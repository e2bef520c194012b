# Hookbench. `make run` starts it, `make test` tests it; both set up everything they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests wait for servers and browsers as well as for the processor, so one more process than there are cores runs them.
JOBS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# A file's tests stay together: they share a browser or a database. In the order of the folders the long ones do not come last.
PARALLEL := --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder
PYTEST := $(BIN)/pytest $(PARALLEL)
# The folders without servers, browsers, other processes and whole pages.
FAST := api domain project sandbox store transforms

# Where it is set, each server that a test starts compiles the whole program again.
unexport PYTHONDONTWRITEBYTECODE

PRELUDE := server/sandbox/inside/prelude
SCRIPTS := static/js $(PRELUDE)/*.js $(PRELUDE)/errors/*.js
STYLES := static/css
CARDS := transforms/*/*.js transforms/*/samples/*.js

.PHONY: run card test check lint format install hostile differential faults translations bench-sandbox bench-pipeline bench-fair bench-store bench-search bench-backtest bench-pages screenshots clean help

run: $(VENV)/.installed  ## Start Hookbench at http://127.0.0.1:8000
	@$(BIN)/hookbench serve

test: $(VENV)/.installed-dev  ## Run every check: lint, types, layers, tests, a real browser included
	@$(BIN)/python tests/ensure_chromium.py
	@# How soon a killed server is back is part of what the faults hold: no more than one process runs beside them.
	@$(MAKE) --no-print-directory lint & lint=$$!; $(BIN)/python tests/once_more.py -q tests/faults; faults=$$?; wait $$lint && exit $$faults
	@$(BIN)/python tests/once_more.py $(PARALLEL) --ignore=tests/faults

check: $(VENV)/.installed-dev lint  ## Run the quick checks: lint, types, layers, and the tests of the fast folders
	@$(PYTEST) -q $(FAST:%=tests/%) -m 'not slow'

lint: $(VENV)/.installed-dev  ## Check style, types, layers, templates, JavaScript and CSS
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint templates --lint --quiet
	@DENO_NO_UPDATE_CHECK=1 $(BIN)/deno fmt --quiet --check --config tests/project/deno.json $(SCRIPTS) $(STYLES) $(CARDS)
	@DENO_NO_UPDATE_CHECK=1 $(BIN)/deno lint --quiet --config tests/project/deno.json $(SCRIPTS)

format: $(VENV)/.installed-dev  ## Format Python, JavaScript and CSS
	@$(BIN)/ruff format --quiet . && $(BIN)/deno fmt --quiet --config tests/project/deno.json $(SCRIPTS) $(STYLES) $(CARDS)

hostile: $(VENV)/.installed-dev  ## Run the hostile scripts ten times over, in ever new order
	@HOSTILE_ROUNDS=10 $(BIN)/pytest -q -s --timeout 1800 tests/hostile

bench-sandbox: $(VENV)/.installed-dev  ## Measure what the sandbox costs over the bare engine
	@$(BIN)/python -m tests.bench.sandbox

differential: $(VENV)/.installed-dev  ## Compare the sandbox with Node on the whole corpus, every sample for each transform
	@DIFFERENTIAL=all $(BIN)/pytest tests/differential

install: $(VENV)/.installed  ## Create the environment in .venv and install Hookbench into it

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Hookbench into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Hookbench and its test tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hookbench needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)

translations: $(VENV)/.installed-dev  ## Collect the sentences of pages and code into the .po files
	@$(BIN)/python tests/project/translations.py

card: $(VENV)/.installed-dev  ## Check one card and show what its code makes of each event type: NAME=slack; WRITE=1, FULL=1
	@cd tests && ../$(BIN)/python check_card.py $(NAME) $(if $(WRITE),--write) $(if $(FULL),--full)

bench-pipeline: $(VENV)/.installed-dev  ## Measure the whole path, beside a yardstick and Node-RED: ONLY=path,idle PAIRS=2 SECONDS=3
	@cd tests/bench && ../../$(BIN)/python -m pipeline $(if $(ONLY),--only '$(ONLY)') $(if $(PAIRS),--pairs $(PAIRS)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(STORED),--stored $(STORED)) $(if $(DATABASE),--database $(DATABASE)) \
		$(if $(BESIDE),--beside '$(BESIDE)') $(if $(MINUTES),--minutes $(MINUTES))

bench-fair: $(VENV)/.installed-dev  ## Measure whether trouble at one endpoint slows another; SECONDS=300 for longer
	@cd tests/bench && ../../$(BIN)/python -m fair $(if $(SECONDS),--seconds $(SECONDS))

bench-store: $(VENV)/.installed-dev  ## Measure what an event costs the store, beside the bare driver
	@$(BIN)/python tests/bench/store.py

bench-search: $(VENV)/.installed-dev  ## Measure searches among a million messages, and what their index costs the intake
	@$(BIN)/python tests/bench/search.py

bench-backtest: $(VENV)/.installed-dev  ## Measure backtests alone and what they cost live deliveries
	@cd tests/bench && ../../$(BIN)/python -m backtest

bench-pages: $(VENV)/.installed-dev  ## Measure each page with a million messages and 200 endpoints on both databases
	@$(BIN)/python tests/bench/pages.py

screenshots: $(VENV)/.installed-dev  ## Render every page at 390, 1024, 1440 and 2560 px into build/screenshots: ONLY=logs
	@$(BIN)/python tests/ensure_chromium.py
	@PYTHONPATH=.:tests:tests/web:tests/journeys $(BIN)/python tests/screenshots.py build/screenshots $(ONLY)

faults: $(VENV)/.installed-dev  ## Kill, fill, lock and spoil a running Hookbench on both databases, and print what was lost: KILLS=120
	@cd tests && ../$(BIN)/python -m faults $(KILLS)

clean:  ## Remove the environment and caches; your data folder stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16
