# The recipes that people, CI and the documentation share. `make help` lists them.
.DEFAULT_GOAL := help
PY := .venv/bin/python
STAMP := .venv/.ready
INPUTS := uv.lock pyproject.toml $(wildcard */pyproject.toml */*/pyproject.toml) deploy/setup.sh $(wildcard chassis/src/chassis/servers/*pom.xml chassis/src/chassis/servers/sms-centre/*)
TYPED := contracts/src chassis/src deploy/driveline/src bench/src $(wildcard services/*/src)

# Each worker starts servers of its own; which tests stay together is in conftest.py. `make test SIDE_BY_SIDE=` for one.
SIDE_BY_SIDE := -n 2 --no-loadscope-reorder

.PHONY: help setup demo test check lint format bench up clean

help: ## list the recipes
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(STAMP) ## everything a fresh machine needs; the others do it by themselves

$(STAMP): $(INPUTS)
	@deploy/setup.sh
	@touch $@

demo: setup ## the whole system on real data, end to end, with a summary
	@.venv/bin/driveline demo

up: setup ## the whole system, until Ctrl-C
	@.venv/bin/driveline up

test: setup ## every test, on real servers and in a real browser, on two workers
	@deploy/setup.sh chromium prometheus
	@.venv/bin/pytest $(SIDE_BY_SIDE) $(ARGS)

lint: setup ## formatting and lint
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .

check: lint ## lint, types, import rules, generated files
	@.venv/bin/mypy $(TYPED)
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m contracts.generate --check

format: setup ## put the code into its form
	@.venv/bin/ruff check --quiet --fix .
	@.venv/bin/ruff format --quiet .

bench: setup ## the same work by Driveline and by its peers
	@$(PY) -m driveline_bench $(ARGS)

clean: ## remove state, caches and the virtual environment; downloads stay in ~/.cache/driveline
	@rm -rf .venv .driveline .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
