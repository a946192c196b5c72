# What people and CI type. Everything runs in .venv, which is made from hash-locked files.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
INSTANCE ?= instance
PORT ?= 8000
BENCH_JSON ?=
ONLY ?=
PYTEST_ARGS ?=
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help run test test-faults pds lint format bench evaluate migrate seed lock frontend clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

run: .venv/core.stamp ## Start the demo at http://127.0.0.1:8000 (INSTANCE=folder PORT=number)
	@exec $(BIN)/vcp up --demo --instance "$(INSTANCE)" --port "$(PORT)"

test: .venv/dev.stamp ## Run every test; as root, installs Chromium and PostgreSQL first
	@tools/test-prerequisites.sh
	@$(BIN)/pytest --database both --numprocesses 4 --dist loadfile $(PYTEST_ARGS)

test-faults: .venv/dev.stamp ## Run the long fault tests: kills, lost answers, slow servers
	@tools/test-prerequisites.sh
	@$(BIN)/pytest -m faults_long --database both --numprocesses 3 --dist worksteal $(PYTEST_ARGS)

pds: ## Fetch Bluesky's own server with npm, for its tests: some minutes, once
	@tests/networks/pds/fetch.sh

lint: .venv/dev.stamp ## Check style, types and which way imports point
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: .venv/dev.stamp ## Put the layout of the code right
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

bench: .venv/dev.stamp ## Measure against the budgets (BENCH_JSON=file, ONLY=part)
	@BENCH_JSON="$(BENCH_JSON)" $(BIN)/python -m benchmarks.run --only "$(ONLY)"

evaluate: .venv/dev.stamp ## Score the screening of text against its labelled examples
	@$(BIN)/python -m benchmarks.evaluate_triage

migrate: .venv/core.stamp ## Bring the database up to date
	@$(BIN)/vcp db upgrade --instance "$(INSTANCE)"

seed: .venv/core.stamp ## Fill an empty instance with an invented force
	@$(BIN)/vcp seed demo --instance "$(INSTANCE)"

lock: .venv/dev.stamp ## Work the locked versions out again from setup.cfg
	@$(LOCK) requirements/build.in --output-file requirements/build.txt
	@$(LOCK) setup.cfg --constraint requirements/build.txt --output-file requirements/core.txt
	@$(LOCK) setup.cfg --extra dev --constraint requirements/build.txt --constraint requirements/core.txt \
		--output-file requirements/dev.txt

frontend: ## Build the styles and scripts under vcp/static again (needs Node.js)
	@cd frontend && npm ci --ignore-scripts --no-audit --no-fund && npm run build

clean: ## Remove the environment and what tools left behind; instances stay
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

.venv/core.stamp: requirements/build.txt requirements/core.txt setup.cfg pyproject.toml tools/environment.sh
	@PYTHON="$(PYTHON)" tools/environment.sh core

.venv/dev.stamp: requirements/build.txt requirements/dev.txt setup.cfg pyproject.toml tools/environment.sh
	@PYTHON="$(PYTHON)" tools/environment.sh dev
