# The two commands of the set-up contract are `make demo` and `make test`; each is enough on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 7860

.PHONY: demo test bench fmt lint tiny loop system

.venv/app: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	touch $@

.venv/dev: .venv/app requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	touch $@

demo: .venv/app  ## start the studio on the shipped model, offline
	$(BIN)/python app.py --port $(PORT)

system:  ## install Chromium and PostgreSQL through apt when it may; the tests say what was skipped and why otherwise
	@for pair in chromium:chromium /usr/lib/postgresql:postgresql; do \
	  have="$${pair%%:*}"; package="$${pair##*:}"; \
	  { command -v "$$have" >/dev/null || [ -d "$$have" ]; } && continue; \
	  { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq \
	    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$$package" >/dev/null; } \
	  || echo "no $$package: its tests will be skipped"; \
	done

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: .venv/dev system lint  ## install, lint and run every test: two at a time, those in the browser one by one
	@status=0; \
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report= --durations=25 --ignore=tests/perf --ignore=tests/browser || status=$$?; \
	$(BIN)/python -m pytest --cov --cov-append --cov-report=term:skip-covered --durations=15 tests/browser || status=$$?; \
	exit $$status

bench: .venv/dev  ## print speed and memory as ratios measured side by side
	$(BIN)/python -m pytest tests/perf -q -s

tiny: .venv/dev  ## train EmoLA-tiny from nothing into runs/tiny/model, resumable; SMOKE=1 for a miniature run that keeps nothing
	$(BIN)/python -m training.tiny --config training/configs/tiny.yaml $(if $(SMOKE),--smoke)

loop: .venv/app  ## planted errors corrected by script, release, LoRA over three seeds, scores before and after, offline
	$(BIN)/python app.py loop --sample 150 --limit 75 --seeds 1 2 3

fmt: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
