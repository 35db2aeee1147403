# Tasks. `make help` lists them; each sets up what it needs in $(VENV).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
MODEL ?= tinyllama-1.1b
WEIGHTS ?= out/$(MODEL)
TARGET ?= reader
MINUTES ?= 10

# Limits of memory and of time, and what an import costs, are not the same while being traced.
NOT_TRACED := --ignore=tests/faults/test_memory.py --ignore=tests/faults/test_signals.py \
	--ignore=tests/reliability -k "not out_of_time and not time_is_up and not importing_is_cheap \
	and not take_seconds"

.DEFAULT_GOAL := help
.PHONY: help demo test lint format types check audit weights bench-model bench-operations bench-identity bench-reading bench-verify fuzz conformance faults coverage mutants fuzz-files clean

help: ## List the tasks
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 20

$(VENV)/.run: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[plot]'
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.run
	$(BIN)/python -m pip install --quiet --editable '.[test,dev]'
	$(BIN)/python -m pip install --quiet --no-deps --requirement tests/requirements-no-deps.txt
	@touch $@

demo: $(VENV)/.run ## Lower a small Llama streamed and buffered, and compare
	$(BIN)/irkit demo

test: $(VENV)/.test ## Run all tests
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.test ## Check style with ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.test ## Format and fix what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.test ## Check types with pyright, strict
	$(BIN)/pyright --pythonpath $(BIN)/python

check: lint types test ## Everything that CI runs

audit: $(VENV)/.test ## Look for weak places in the code and known ones in what it uses (network)
	$(BIN)/python -m pip install --quiet --editable '.[audit]'
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive irkit dialects passes
	$(BIN)/pip-audit --skip-editable --progress-spinner off

weights: $(VENV)/.run ## Generate the weights of MODEL (default tinyllama-1.1b, 2.2 GB)
	$(BIN)/irkit weights $(MODEL) -o $(WEIGHTS) --seed 0

bench-model: weights $(VENV)/.test ## Lower MODEL streamed and buffered beside JAX; memory and time
	$(BIN)/python -m benchmarks.model_lowering --model $(MODEL) --weights $(WEIGHTS) --jax

bench-operations: $(VENV)/.test ## Time and memory of 10^4 to 10^7 operations beside jaxlib
	$(BIN)/python -m benchmarks.op_scaling --operations 10000 100000 1000000 10000000

bench-identity: $(VENV)/.test ## One text for each small model and form under every setting
	$(BIN)/python -m benchmarks.identity --sizes 50 --hash-seeds 0 1 2

bench-reading: $(VENV)/.test ## Check, format and prune large modules beside jaxlib
	$(BIN)/python -m benchmarks.read_speed --ops 1000000 --megabytes 4400 --skip-upstream-above 5000

bench-verify: $(VENV)/.test ## Compare large modules as graphs
	$(BIN)/python -m benchmarks.verify_scale --ops 1000000 --megabytes 4400

fuzz: $(VENV)/.test ## Try random programs against every property (MINUTES)
	$(BIN)/irkit fuzz --minutes $(MINUTES) --save out/fuzz

fuzz-files: $(VENV)/.test ## Fuzz what reads files, guided by coverage (TARGET, MINUTES)
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzzing $(TARGET) --minutes $(MINUTES)

faults: $(VENV)/.test ## Signals, disks, memory and hostile files in real processes, 200 moments
	$(BIN)/python -m tests.faults --count 200 --json out/faults.json

coverage: $(VENV)/.test ## Branch coverage of all three packages
	$(BIN)/python -m pip install --quiet --editable '.[coverage]'
	mkdir -p out/coverage
	COVERAGE_FILE=out/coverage/data $(BIN)/python -m pytest -n 2 --dist worksteal --cov \
		--cov-report=json:out/coverage.json --cov-report= $(NOT_TRACED)
	$(BIN)/python -m tests.branch_coverage out/coverage.json

mutants: $(VENV)/.test ## Change the passes and the sweep one place at a time, and run their tests
	$(BIN)/python -m pip install --quiet --editable '.[mutants]'
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

conformance: $(VENV)/.test ## Counts over upstream's own tests (STABLEHLO_TESTS: their folder)
	$(BIN)/python -m tests.conformance
	$(BIN)/python -m tests.conformance.interpret
	$(BIN)/python -m tests.constraint_coverage --check

clean: ## Remove the environment and outputs
	rm -rf $(VENV) out
