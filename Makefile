.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: ## As services that start with the machine, as root; over an installation: this version in its place
	@$(PYTHON) -m pbxportal.service install

uninstall: ## Take the services away again, as root; DATA=delete: with all data
	@$(PYTHON) -m pbxportal.service uninstall $(if $(filter delete,$(DATA)),--delete-data)

upgrade: ## Another release in place of the installed one, as root; back by itself if it does not work (TAG=v0.1.1)
	@$(if $(TAG),,echo 'Which release? make upgrade TAG=v0.1.1. Releases: git tag'; exit 1;) $(PYTHON) -m pbxportal.service upgrade $(TAG)

run: .venv/installed ## The portal and its PBX, until Ctrl+C
	@exec $(BIN)/python manage.py run

demo: .venv/installed ## A believable company of 25 people, applied (the portal must have been set up)
	@$(BIN)/python manage.py demo

check: .venv/tools ## Lint, types, templates, migrations, layers, advisories for the pinned packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/djlint --quiet --lint templates
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check --fail-level WARNING
	@$(BIN)/pytest -q tests/test_layers.py
	@$(BIN)/python -m tests.advisories

# What is compiled is kept, even where the environment says otherwise: hundreds of processes are started.
test: .venv/tools ## The whole suite: real Asterisk, real phones, real Chromium
	@sh tests/needs.sh
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $${WORKERS:-4} --dist worksteal --max-suite-reruns 20 --rerun-show-tracebacks $(ARGS)

mutation: .venv/tools ## Take each check of the views out, one at a time: a test must miss it (ARGS="--record", "--sample 150": any changes)
	@$(BIN)/python -m tests.mutation $(ARGS)

bench: .venv/tools ## How long things take, at several sizes
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: .venv/tools ## Ten minutes of random faults under administrators and phones, and whether the pages told the truth
	@$(BIN)/python -m tests.chaos $(ARGS)

pictures: .venv/tools ## Take the pictures of README again
	@sh tests/needs.sh
	@$(BIN)/python -m tests.pictures

lock: .venv/tools ## Renew the pinned packages from requirements*.in
	@$(BIN)/pip install --quiet uv
	@for each in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$each.in -o $$each.txt; done
	@$(MAKE) --no-print-directory advisories

advisories: .venv/tools ## Renew the copy of PyPI's advisories, which counts for 90 days where PyPI cannot be read
	@$(BIN)/python -m tests.advisories --keep

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed.'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo 'First: apt install python3-venv'; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/python
	@echo 'Installing the Python packages into .venv. The first time, this takes about a minute.'
	@$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/tools: requirements-dev.txt .venv/installed
	@echo 'Installing the Python packages for development.'
	@$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.PHONY: help install uninstall upgrade run demo check test mutation bench chaos pictures lock advisories
