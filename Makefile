# Everything that people and CI call. `make help` lists it.

.DEFAULT_GOAL := help
# A distribution compiles its Python with the profile of what it runs, pyenv without: our tests take an eighth less with it.
# Not everything that is locked has a wheel for a newer one than 3.13.
CAN_BE_USED := import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(or $(shell for each in /usr/bin/python3 python3; do $$each -c '$(CAN_BE_USED)' 2>/dev/null && echo $$each && break; done),python3)
KENDI := .venv/bin/kendi
RUN := .venv/bin/python -m

.PHONY: help demo up test coverage lint types imports bench docs record faults examples screenshots clean

help: ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.venv/installed: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit("Kendi needs Python 3.11 or newer; try make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@command -v uv >/dev/null || test -x .uv/bin/uv || { $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet uv; }
	@PATH="$$PATH:$$PWD/.uv/bin" uv sync --quiet --frozen --compile-bytecode --python $(PYTHON)
	@.venv/bin/python -m compileall -q kendi services shared
	@touch .venv/installed

demo: .venv/installed ## play one order from the buyer's POST to delivery, and end
	@$(KENDI) demo

up: .venv/installed ## keep the system running for a person, until Ctrl-C
	@$(KENDI) up

# In the order of the folders: by the number of tests, the campaign's minutes would begin last.
test: lint types imports browser ## check everything
	@$(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder

coverage: .venv/installed ## check that the rules and the messaging are tested line by line and branch by branch
	@$(RUN) pytest -n 2 --dist loadfile tests/orders tests/production tests/logistics tests/shared --cov --cov-report=term-missing:skip-covered

lint: .venv/installed
	@$(RUN) ruff check --quiet .
	@$(RUN) ruff format --quiet --check .

types: .venv/installed
	@$(RUN) mypy

imports: .venv/installed
	@.venv/bin/lint-imports > .venv/imports.log || { cat .venv/imports.log; exit 1; }

.PHONY: browser
browser: .venv/installed
	@.venv/bin/python -m tests.browser.install

bench: .venv/installed ## measure, as ratios within one run
	@$(RUN) bench

faults: .venv/installed ## prove that nothing is lost under faults (more: kendi faults --help)
	@$(KENDI) faults

docs: .venv/installed ## write the generated documents anew
	@$(RUN) kendi.describing

record: .venv/installed ## record this version's events before a release
	@$(RUN) tests.contracts.record

examples: .venv/installed ## take the examples in the OpenAPI documents anew
	@$(RUN) pytest tests/orders/test_examples.py tests/production/test_examples.py tests/logistics/test_examples.py --record-examples

screenshots: .venv/installed browser ## take the README's pictures anew
	@$(RUN) tests.browser.screenshots

clean: ## remove what make made, data included
	rm -rf .venv .uv .kendi
