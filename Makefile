.DEFAULT_GOAL := help
PYTHON ?= python3

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/installed ## The portal and its PBX, until Ctrl-C
	@exec .venv/bin/python manage.py run

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed.'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo 'First: apt install python3-venv'; exit 1; }
	@echo 'Python packages: installing'
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.PHONY: help run
