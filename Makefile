# make demo   a fresh .venv, then a first classifier and its report
# make test   the same, then every check and test
# make check  lint, formatting and types        make quick  the tests that take a minute
# make bench  pellucid beside a tutorial's way, on the whole of Medical MNIST
# make wheel  the built package in a clean environment of its own

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CPU_BUILD := https://download.pytorch.org/whl/cpu
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)

# Compiled files are kept: each process that the tests start would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check quick all-tests bench wheel clean

$(VENV)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Python {v[0]}.{v[1]} was found; 3.11 or later is needed: make PYTHON=python3.12")'
	@echo "Making $(VENV) and installing pellucid into it (a few minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@if [ "$$(uname)" = Linux ] && ! command -v nvidia-smi >/dev/null 2>&1; then \
	  $(PIP) install --retries 0 --timeout 15 --index-url $(CPU_BUILD) torch==$(TORCH) >/dev/null 2>&1 || true; fi
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/ready
	@rm -rf demo
	@$(BIN)/pellucid train digits --out demo
	@echo "Open the report in a browser: $(CURDIR)/demo/report.html"

test: demo check all-tests wheel
	@$(BIN)/python bench/small.py
	@echo "All checks and tests passed."

check: $(VENV)/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# One thread each, for two at a time: threads that wait for a busy core make tests slow.
# Shapes are not checked in the quick ones (the option names no package of ours): that takes a third of the time.
quick: $(VENV)/ready
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 -m "not slow" --jaxtyping-packages=none,beartype.beartype

all-tests: $(VENV)/ready
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --durations=10

bench: $(VENV)/ready
	@$(BIN)/python bench/main_job.py --rounds 3

wheel: $(VENV)/ready
	@$(BIN)/python bench/wheel.py

clean:
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache
