# Tierline. Every target sets up what it needs; doing it again with nothing changed is quick.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
MANIFEST := dbt_project/target/manifest.json
DBT_FILES := $(shell find dbt_project -path dbt_project/target -prune -o -path dbt_project/logs -prune -o -type f -print 2>/dev/null)

export TIERLINE_HOME ?= $(CURDIR)/data
# Nothing phones home.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export RUNTIME__DLTHUB_TELEMETRY := false
export GX_ANALYTICS_ENABLED := false
export PYTHONPATH := $(CURDIR)

.PHONY: help setup run up test slow lint bench preview format lock clean

help: ## Show what can be done here
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'
	@echo
	@echo "  make run DATA=<folder> [MAPPING=<folder>] [AS_OF=YYYY-MM-DD]   the same on your own files"

setup: $(INSTALLED) $(MANIFEST) ## Virtual environment, pinned packages, dbt manifest (others call it)

run: setup ## Run the whole pipeline once and print what happened
	@$(BIN)/python -m orchestration.run $(if $(DATA),--data "$(DATA)") $(if $(MAPPING),--mapping "$(MAPPING)") $(if $(AS_OF),--as-of "$(AS_OF)")

up: setup ## Dagster (UI, schedules, sensors) for real use; Ctrl-C stops it
	@$(BIN)/python -m orchestration.up $(if $(DATA),--data "$(DATA)") $(if $(MAPPING),--mapping "$(MAPPING)")

test: setup ## Run the tests, but for those of `make slow`
	@$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not slow"

slow: setup ## Run the whole flows that take minutes
	@$(BIN)/pytest --numprocesses 2 --dist loadfile -m slow

lint: setup ## ruff, mypy, import-linter, sqlfluff, dbt conventions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd dbt_project && TIERLINE_WAREHOUSE=:memory: ../$(BIN)/sqlfluff lint --processes 2 models tests
	@cd dbt_project && COLUMNS=200 ../$(BIN)/dbt-bouncer --config-file dbt-bouncer.yml

preview: $(INSTALLED) ## Write every play's message to files to look at (data/preview); nothing is sent
	@$(BIN)/python -m sensors preview $(if $(PLAY),--play "$(PLAY)")

bench: setup ## Measure, as ratios against named references (minutes)
	@for each in bench/*.py; do echo "== $$each"; name=$${each#bench/}; $(BIN)/python -m "bench.$${name%.py}"; done

format: $(INSTALLED) ## Put Python and SQL into the house style
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .
	@cd dbt_project && TIERLINE_WAREHOUSE=:memory: ../$(BIN)/sqlfluff fix --processes 2 models tests

lock: $(INSTALLED) ## Pin requirements.in again, with hashes
	@$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url requirements.in -o requirements.lock

clean: ## Remove the environment and build files (never the data)
	rm -rf $(VENV) dbt_project/target dbt_project/logs

# uv does not read pip's configuration, so an index configured there is handed over.
$(INSTALLED): requirements.lock requirements.bootstrap.lock
	@echo "Setting up $(VENV) (once; about half a minute) ..."
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Tierline needs Python 3.11 or newer; try: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.bootstrap.lock
	@index="$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null || true)}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock requirements.bootstrap.lock
	@touch $@

$(MANIFEST): $(INSTALLED) $(DBT_FILES)
	@mkdir -p "$(TIERLINE_HOME)"
	@echo "Preparing the dbt manifest ..."
	@TIERLINE_WAREHOUSE="$(TIERLINE_HOME)/warehouse.duckdb" $(BIN)/python assets/dbt_process.py --quiet --no-partial-parse parse --project-dir "$(CURDIR)/dbt_project" --profiles-dir "$(CURDIR)/dbt_project"
	@touch $@
