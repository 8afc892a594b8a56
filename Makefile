# Two commands do everything, set-up included: `make demo` and `make test`.
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

.PHONY: help setup demo test lint types imports tests slow benchmarks docs lock clean

help:
	@echo "make demo        generate a small archive and run the whole job on it (set-up included)"
	@echo "make test        lint, types, import rules and all tests (set-up included)"
	@echo "make slow        the tests that take longer"
	@echo "make benchmarks  speed and memory, as ratios measured in one run"
	@echo "make docs        write docs/catalog.md anew from the contracts"
	@echo "make lock        resolve requirements.lock anew"
	@echo "make clean       remove what make made"

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml scripts/install_system_packages.sh
	@python=$$(scripts/find_python.sh) && scripts/install_system_packages.sh "$$python" && "$$python" -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV); the first time takes some minutes."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/fracto demo $(DEMO) --overwrite

test: lint types imports tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

tests: setup
	$(BIN)/pytest --numprocesses 2 --dist loadfile

slow: setup
	$(BIN)/pytest --slow -m slow

benchmarks: setup
	$(BIN)/pytest --slow tests/benchmarks -s

docs: setup
	$(BIN)/python -m data_contracts.document docs/catalog.md

lock: setup
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --constraints constraints.in --output-file requirements.lock

clean:
	rm -rf $(VENV) $(DEMO) *.egg-info build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
