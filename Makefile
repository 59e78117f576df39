# Two commands: `make report` and `make test`. Both build .venv themselves.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SAMPLE := data/simulated/.ready

.PHONY: report test fuzz simulations sample lock clean

report: $(SAMPLE)
	$(BIN)/cchc report

test: report  # the browser tests look at the site's real pages
	$(BIN)/python -m ruff check -q .
	$(BIN)/python -m ruff format -q --check .
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder \
	  --nbval-lax --ignore=notebooks/.ipynb_checkpoints

fuzz: $(READY)  # about half an hour: 20,000 spoilt exports, each read without loss or refused
	$(BIN)/python tests/fuzz_reading.py

simulations: $(READY)  # about half an hour: coverage, false flags, power -> docs/simulations*.md
	$(BIN)/python tests/slow_comparison.py docs/simulations.md
	$(BIN)/python tests/slow_drivers.py docs/simulations_drivers.md
	$(BIN)/python tests/slow_early_warning.py docs/simulations_early_warning.md

sample: $(SAMPLE)

$(SAMPLE): $(READY)
	rm -rf data/simulated
	$(BIN)/cchc sample --out data/simulated/exports
	set -e; for export in data/simulated/exports/simulated-*; do \
	  name=$${export##*/}; $(BIN)/cchc read $$export --out data/simulated/$${name%.*}; \
	done
	touch $@

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; say which: make PYTHON=python3.12"; exit 2; }
	@if command -v uv >/dev/null; then \
	  uv venv -q --clear --python $(PYTHON) .venv && \
	  uv pip install -q --python $(BIN)/python --require-hashes -r requirements.txt && \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv --clear .venv && \
	  $(BIN)/python -m pip install -q --require-hashes -r requirements.txt && \
	  $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e . ; \
	fi
	touch $@

lock:  # after a change in pyproject.toml; needs uv
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra firth --extra reports --extra tests pyproject.toml -o requirements.txt

clean:
	rm -rf .venv data/simulated reports/site
