# Kaiwa in one command: each target sets up what it needs, once, in .venv.
# Another Python: make PYTHON=python3.12 chat

PYTHON ?= python3
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/kaiwa-setup
PIP := $(BIN)/python -m pip --disable-pip-version-check

# What is imported is compiled then, and only once: pip compiles nothing. Where the environment
# forbids that, as containers' do, each process would compile PyTorch anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup chat test lint pytest format lock clean

help:
	@echo 'make chat     talk with the built-in model, in this terminal (ARGS="--help" for options)'
	@echo 'make test     linters, types and all tests'
	@echo 'make lint     linters and types only'
	@echo 'make pytest   tests only'
	@echo 'make format   put the code into its standard form'
	@echo 'make lock     find the newest versions that fit, and write requirements.lock'
	@echo 'make clean    remove what make made (never settings or conversations)'

# A terminal's Ctrl-C is for the conversation, where it stops a reply, and not for make, which
# would die of the second. So the chat gets a process group of its own (set -m); Ctrl-Z, which
# would then leave it behind, is off. Without a terminal there is nothing to arrange.
chat: setup
	@if [ -t 0 ]; then set -m; trap '' TSTP; fi; $(BIN)/kaiwa chat $(ARGS); exit $$?

# Linters and types are looked at beside the tests.
test: setup
	@$(MAKE) --no-print-directory -j 2 lint pytest

# Four at once: many tests wait for a process or a server. Each of them loads PyTorch.
pytest: setup
	$(BIN)/python -m slipcover --json --out .coverage.json -m pytest -n 4 --dist worksteal
	$(BIN)/python -m slipcover --merge .coverage.json --out .coverage.json --fail-under 90

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The stamp is written last, and holds what the setup was made for: the contents of two files,
# the Python, this folder (its name is in the scripts). Without it, as after an interrupted
# setup, .venv is made anew; where only the files changed, packages are changed in place.
# Says everything on standard error: standard output is the chat's. flock, where there is one,
# lets a second make wait for the first.
setup:
	@set -e; exec 9<Makefile </dev/null 1>&2; flock 9 2>/dev/null || :; \
	python=$$($(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit(1); print("%d.%d, %s" % (sys.version_info[0], sys.version_info[1], sys.base_prefix))' 2>/dev/null) || { \
	  echo "Kaiwa needs Python 3.11 or newer, and '$(PYTHON)' is: $$($(PYTHON) -V 2>&1 | tail -n 1). Name another: make PYTHON=python3.12 chat"; exit 1; }; \
	place="$$python, $(CURDIR)"; \
	want="$$(cat requirements.lock pyproject.toml | cksum) $$place"; \
	have=$$(cat $(STAMP) 2>/dev/null) || :; \
	if [ "$$have" = "$$want" ] && [ -x $(BIN)/kaiwa ]; then exit 0; fi; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' has no venv module. On Debian and Ubuntu: apt install python3-venv"; exit 1; }; \
	rm -f $(STAMP); \
	case "$$have" in \
	  *" $$place") echo "Kaiwa: bringing $(VENV) up to date ..." ;; \
	  *) echo "Kaiwa: setting up $(VENV) (once; PyTorch is large, this takes some minutes) ..."; \
	     $(PYTHON) -m venv --clear $(VENV) ;; \
	esac; \
	$(PIP) install --no-compile -r requirements.lock; \
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .; \
	$(BIN)/kaiwa study setup --missing || :; \
	echo "$$want" >$(STAMP)

lock:
	$(PYTHON) -m venv --clear build/lock
	build/lock/bin/python -m pip install --editable '.[dev]'
	{ sed -n '/^#/p' requirements.lock; \
	  build/lock/bin/python -m pip freeze --all --exclude-editable --exclude pip \
	  | grep -v -E '^(cuda|nvidia|triton)' | sed 's/+[a-z0-9.]*$$//'; } >build/requirements.lock
	mv build/requirements.lock requirements.lock
	rm -rf build/lock

clean:
	rm -rf $(VENV) build dist kaiwa.egg-info .coverage.json .hypothesis \
	  .mypy_cache .pytest_cache .ruff_cache
	find adapters bot storage tests -name __pycache__ -prune -exec rm -rf {} +
