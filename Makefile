# Every target does its own set-up, in one virtual environment. No root, no running server, no key.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

help: ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(READY) ## the virtual environment with everything in it

$(READY): setup.cfg pyproject.toml requirements.lock
	@echo "Setting up $(VENV): about a minute the first time."
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed as $(PYTHON); name yours: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dev]'
	@$(BIN)/python -m compileall -q adapters config connector scoring webhooks
	@touch $@

demo: $(READY) ## the whole of Leadline on this machine, against sandbox CRMs, once
	@$(BIN)/leadline demo --once $(ARGS)

test: $(READY) ## every test; about a quarter of an hour on two cores
	@echo "Running every test: real PostgreSQL, real Valkey, real SDKs over real HTTP against the sandbox."
	@$(BIN)/python -m pytest -n 3 --dist loadgroup $(ARGS)

lint: $(READY) ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY) ## the benchmarks, each against its own floor or peer: make bench ARGS=receiver
	@$(BIN)/leadline bench $(ARGS)

clean: ## removes the environment and local data
	rm -rf $(VENV) var build *.egg-info
