# make demo: install what is missing and start the workbench, for you alone. make demo-shared: the same for a room of
# people (docs/sharing.md), with ARGS="--train" and the other options of .venv/bin/nnet-workbench --help.
# make test: install what is missing and run the tests of up to some seven seconds; make test-long: the longer ones.
PYTHON ?= python3
PORT ?= 8501
# Test processes; each takes about 1.5 GB. One more than the cores a small machine has, since many tests wait for a browser
# or another process. The tests of one file stay in one process, since they share a server or model.
WORKERS ?= 3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt

.PHONY: demo demo-shared web test test-long test-all test-oldest test-scale lint models clean

demo: .venv/app.stamp
	$(BIN)/python -m workbench --port $(PORT)

demo-shared: .venv/app.stamp
	$(BIN)/python -m workbench --shared --port $(PORT) $(ARGS)

# The embedded model as a page that runs it in the browser (docs/export.md), built when something in it has changed.
WEB := out/elpv-web
web: $(WEB)/index.html
	@echo "Open http://localhost:$(PORT); end with Ctrl-C"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(WEB) $(PORT)

$(WEB)/index.html: $(wildcard nnet/export/page/* nnet/export/*.py checkpoints/elpv-mono/*) .venv/app.stamp
	$(PIP) -e ".[workbench,export]"
	$(BIN)/python -m nnet export --checkpoint checkpoints/elpv-mono --format web --out $(WEB)
	touch $@

# Bytecode is kept also where the environment says otherwise, as many containers do: each process that a test starts would
# compile everything anew.
PYTEST = PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: .venv/dev.stamp
	$(PYTEST) -m "not long and not slow"

# The walks through the browser, exporters and chains of programs that `make test` has no time for.
test-long: .venv/dev.stamp
	$(PYTEST) -m "long and not slow"

# All of these, and what takes minutes: longer trainings, compiling, UMAP for real, ten minutes of fuzzing, other screens.
test-all: .venv/fuzz.stamp
	$(PYTEST)

# The tests of `make test` with the oldest versions that pyproject.toml allows.
test-oldest: BIN := .venv-oldest/bin
test-oldest:
	test -x $(BIN)/python || $(PYTHON) -m venv .venv-oldest
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints-oldest.txt -e ".[test]"
	$(PYTEST) -m "not long and not slow"

# The ablation study on a local Ray instance; Ray is large, so it is not part of `make test`.
test-scale: .venv/dev.stamp
	$(PIP) -e ".[dev,scale]"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/processes/test_ablation_ray.py --timeout=1800

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/python tests/audit.py

# The embedded models, made again (docs/default-model.md): 39 and 67 minutes on one thread of a busy machine.
models: .venv/app.stamp
	rm -rf out/elpv-mono out/synthetic-cog
	$(BIN)/python -m nnet train --data elpv:mono --preset small --film --out out/elpv-mono \
	  --set train.min_steps=1000 --set model.features=stages --set model.temperature=0.05
	$(BIN)/python -m nnet train --data synthetic:cog --preset medium --film --out out/synthetic-cog

clean:
	rm -rf .venv .venv-oldest

.venv/app.stamp: pyproject.toml requirements.txt constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
	touch $@

.venv/dev.stamp: pyproject.toml constraints.txt .venv/app.stamp
	$(PIP) -e ".[dev]"
	touch $@

.venv/fuzz.stamp: .venv/dev.stamp
	$(PIP) -e ".[dev,fuzz]"
	touch $@
