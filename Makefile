# Two commands from a bare clone: `make demo` and `make test`. Both build .venv when it is stale.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.built
# From the root, `import data` would find our folder: keep the working directory off the path.
export PYTHONSAFEPATH := 1
export MYPYPATH := .venv/src
TESTS ?= tests
# The one about peers reads what others wrote, so it comes last.
PEERS := benchmarks/gower_peers.py
BENCH ?= $(filter-out $(PEERS),$(sort $(wildcard benchmarks/*.py))) $(PEERS)
# Two processes, each with its own engines; long files first, in the order of the folders.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test prove check neo4j neo4j-stop bench docs lock clean

demo: $(STAMP) ## the main job on the shipped sample
	$(BIN)/modelkin demo

test: $(STAMP) ## every test; needs Java and Maven (or NEO4J_URI) for those on Neo4j
	@if [ -z "$$NEO4J_URI" ] && command -v java >/dev/null && command -v mvn >/dev/null; then \
	  $(BIN)/python -c "import os; from modelkin.graph.assembly import assembly_at as a; a(os.environ).build()"; fi
	$(PYTEST) $(TESTS)

prove: $(STAMP) ## the long counts: all seeds, all mutations, all positions
	MODELKIN_PROVE=1 $(PYTEST) $(TESTS)

check: $(STAMP) ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

neo4j: $(STAMP) ## assemble and start a Neo4j without Docker
	$(BIN)/python -m modelkin.graph.assembly start

neo4j-stop: $(STAMP) ## stop it
	$(BIN)/python -m modelkin.graph.assembly stop

bench: $(STAMP) ## speed, as ratios against peers in the same run
	for script in $(BENCH); do $(BIN)/python $$script || exit 1; done

docs: $(STAMP) ## write the parts of docs/ that come from the code
	$(BIN)/python docs/generate.py

lock: ## pin every dependency, with hashes and without addresses; needs uv
	$(BIN)/python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb')); \
	  print('\n'.join(p['project']['dependencies'] + p['dependency-groups']['dev']))" \
	  | uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header -o requirements.lock -

$(STAMP): requirements.lock pyproject.toml
	@echo "building .venv, once; one to three minutes, mostly step 2"
	@echo "[1/3] a fresh Python environment"
	@$(PYTHON) -m venv .venv
	@echo "[2/3] downloading and installing the $$(grep -c '^[a-z].*==' requirements.lock) packages of requirements.lock, checked by their hashes"
	@set -o pipefail; $(BIN)/python -m pip install --progress-bar off --disable-pip-version-check --require-hashes \
	  -r requirements.lock | awk '/^Collecting/ {print "      " $$2} /^Installing/ {print "      installing them: another minute or more"} {fflush()}'
	@echo "[3/3] modelkin itself"
	@mkdir -p .venv/src && ln -sfn ../.. .venv/src/modelkin
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean: ## take away what was built
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
