# What people type. `make` alone lists it. Paths are relative to this folder, so it may lie anywhere.

PYTHON ?= python3
PIP = .venv/bin/python -m pip --disable-pip-version-check -qq
COMPILE = .venv/locks/bin/pip-compile -q --allow-unsafe --generate-hashes --strip-extras --no-emit-options

ifdef PORT
export HUB_PORT = $(PORT)
endif

.PHONY: help run demo test lint soak bench verifier assets deps setup clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/ready ## start the hub on 127.0.0.1:8000 (another port: make run PORT=8001); Ctrl-C stops it
	@exec .venv/bin/python -m hub.manage run

demo: .venv/ready ## play the example exchange on a hub of its own, then remove all of it
	@exec .venv/bin/python -m hub.manage demo

test: .venv/ready-dev ## run all tests
	@exec .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/ready-dev ## check style, types and import order
	@.venv/bin/python -m ruff check --quiet .
	@.venv/bin/python -m ruff format --check --quiet . || { echo "Some files are not formatted: .venv/bin/ruff format ." >&2; exit 1; }
	@.venv/bin/python -m mypy --no-error-summary
	@.venv/bin/lint-imports > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

soak: .venv/ready-dev ## kill writers and sequencers a thousand times, and count
	@.venv/bin/python -m pytest -q --kills 1000 tests/web/ledger/test_kills.py

bench: .venv/ready-dev ## run the benchmarks
	@exec .venv/bin/python -m benchmarks

verifier: .venv/ready ## write dist/alliance-verify.pyz, which checks an exported log on a machine without the network
	@.venv/bin/python -m hub.manage.verifier

assets: .venv/ready ## copy the browser libraries to static/vendor (needs npm; the copies are committed)
	@npm ci --silent --no-audit --no-fund
	@.venv/bin/python -m hub.manage.assets

# --all-build-deps puts flit_core, which installs the hub itself, into the lock.
deps: .venv/locks/bin/pip-compile ## compile both locks anew from pyproject.toml
	@echo "Compiling requirements.txt and requirements-dev.txt ..."
	@CUSTOM_COMPILE_COMMAND="make deps" $(COMPILE) --all-build-deps -o requirements.txt pyproject.toml
	@CUSTOM_COMPILE_COMMAND="make deps" $(COMPILE) --all-build-deps --extra dev -c requirements.txt \
		-o requirements-dev.txt pyproject.toml

setup: .venv/ready .venv/ready-dev ## install everything into .venv without starting anything

clean: ## remove .venv and caches; the hub's data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "This needs Python 3.11 or newer (Debian: apt install python3). If it has another name: make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "Python's venv module is missing (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Making .venv ..."
	@.venv/bin/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@touch .venv/made

.venv/ready: .venv/made requirements.txt pyproject.toml
	@echo "Installing what the hub needs into .venv (a minute at first) ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch .venv/ready

.venv/ready-dev: .venv/ready requirements-dev.txt tests/foreign/requirements.txt
	@echo "Installing what tests and checks need into .venv ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --require-hashes --no-deps --ignore-requires-python --upgrade --target .venv/foreign \
		-r tests/foreign/requirements.txt
	@touch .venv/ready-dev

.venv/locks/bin/pip-compile: .venv/made
	@$(PYTHON) -m venv --clear .venv/locks
	@.venv/locks/bin/python -m pip --disable-pip-version-check -qq install pip-tools==7.6.2
