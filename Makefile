# `make demo` runs the main job, `make test` all fast checks; both set up what they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test test-all lint bench validation fit fit-chips clean
help:
	@echo "make demo      set up and estimate the essay's example"
	@echo "make test      set up, then lint, types, import contracts and fast tests"
	@echo "make test-all  slow suites: 10,000 mutated scenarios, the built wheel in a clean environment"
	@echo "make validation  hold estimates against published runs, write docs/validation.md"
	@echo "make fit       fit the constants of the step model to published steps, write them into the fact tables"
	@echo "make fit-chips  fit the constants of silicon to dies and boards of four chips, write them into the fact tables"
	@echo "make bench     bars of the engine beside import numpy"

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/.ready
	@$(BIN)/thirdwatt estimate gpt-4o

lint: .venv/.ready
	@$(BIN)/ruff check --quiet src tests benchmarks
	@$(BIN)/ruff format --quiet --check src tests benchmarks
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .venv/import-contracts.txt || { cat .venv/import-contracts.txt; exit 1; }

test: lint
	@$(BIN)/python -m pytest -q -n 2 -m "not slow"

.venv/.trainers: .venv/.ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[trainers]' || \
		echo "without torch the tests that train with it are skipped"
	@touch $@

test-all: .venv/.trainers
	@$(BIN)/python -m pytest -q -m slow

bench: .venv/.ready
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/layouts.py
	@$(BIN)/python benchmarks/layout_search.py
	@$(BIN)/python benchmarks/laws.py
	@$(BIN)/python benchmarks/plan.py
	@$(BIN)/python benchmarks/outlook.py
	@$(BIN)/python benchmarks/chips.py
	@$(BIN)/python benchmarks/meter.py
	@$(BIN)/python benchmarks/near.py
	@$(BIN)/python benchmarks/packing.py
	@$(BIN)/python benchmarks/truth.py
	@$(BIN)/python benchmarks/data_peers.py

validation: .venv/.ready
	@$(BIN)/thirdwatt validate -o docs/validation.md --errors src/thirdwatt/ledger/validated.csv \
		--levers src/thirdwatt/search/plan/held.csv

fit: .venv/.ready
	@$(BIN)/python -c "import sys; from thirdwatt.validation.fit import main; sys.exit(main(['--write']))"

fit-chips: .venv/.ready
	@$(BIN)/python -c "import sys; from thirdwatt.validation.chip_fit import main; sys.exit(main(['--write']))"

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
