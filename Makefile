# Every prerequisite is relative: make cannot name a file whose path holds a space.
PYTHON ?= python3
FLOOR ?= 95
RUN = .venv/bin/python -m
OPERATOR ?= yes

.DEFAULT_GOAL := help
.PHONY: help demo test check lab operator lab-down lock generate

help: ## List the commands.
	@echo 'make <command>, one of:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done

demo: .venv/.ready ## Tell the whole story: a ChangeRequest becomes a merged pull request, on a real API server and a real forge.
	@$(RUN) lab demo

test: .venv/.ready lint ## Everything CI runs: lint, types, layers, unit tests, end-to-end tests, coverage.
	$(RUN) coverage erase
	LAB_COVERAGE=1 $(RUN) coverage run -m pytest tests
	$(RUN) coverage combine --quiet
	$(RUN) coverage report --skip-covered --show-missing --fail-under=$(FLOOR)
	$(RUN) coverage report --skip-covered --show-missing --fail-under=100 --include='*/bellpull/edits/*,*/bellpull/plan/*'

check: .venv/.ready lint ## The fast part, under a minute: lint, types, layers, unit tests.
	$(RUN) pytest --quiet tests --ignore=tests/lab

.PHONY: lint
lint: .venv/.ready
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy operator/bellpull lab tests
	.venv/bin/lint-imports

lab: .venv/.ready ## Start the lab and leave it running (OPERATOR=no: without the operator); settings in .lab/env.
	@$(RUN) lab up $(if $(filter no,$(OPERATOR)),--no-operator)

operator: .venv/.ready ## (Re)start the operator alone in the running lab; its pid is in .lab/operator.pid.
	@$(RUN) lab operator

lab-down: .venv/.ready ## Stop the lab.
	@$(RUN) lab down

lock: ## Refresh the locked requirements (needs uv).
	@command -v uv >/dev/null || { echo 'make lock needs uv: https://docs.astral.sh/uv/' >&2; exit 2; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header requirements/runtime.in -o requirements/runtime.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header requirements/dev.in -o requirements/dev.txt

generate: .venv/.ready ## Write the generated files again: CRDs and reference pages.
	.venv/bin/python crds/generate.py
	.venv/bin/python docs/reference/generate.py

.venv/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo 'Bellpull needs Python 3.11 or newer: install it, or name it with `make PYTHON=/path/to/python3`.' >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo 'Python has no venv module here: install it (Debian and Ubuntu: apt-get install python3-venv).' >&2; exit 2; }
	@echo 'preparing the Python environment in .venv …' >&2
	@$(PYTHON) -m venv .venv
	@$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch .venv/.ready
