# The two commands of the set-up contract are `make demo` and `make test`; each is enough on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 7860

.PHONY: demo test bench fmt lint tiny browser

.venv/app: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	touch $@

.venv/dev: .venv/app requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	touch $@

demo: .venv/app  ## start the studio on the shipped model, offline
	$(BIN)/python app.py --port $(PORT)

browser:  ## install Chromium through apt when it may; the tests say which were skipped and why otherwise
	@command -v chromium >/dev/null || (command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && apt-get update -qq && apt-get install -y -qq chromium >/dev/null) || echo "no Chromium: browser tests will be skipped"

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: .venv/dev browser lint  ## install, lint and run every test
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --ignore=tests/perf

bench: .venv/dev  ## print speed and memory as ratios measured side by side
	$(BIN)/python -m pytest tests/perf -q -s

tiny: .venv/dev  ## train EmoLA-tiny from nothing into runs/tiny, resumable; SMOKE=1 for a miniature run
	$(BIN)/python -m training.tiny --config training/configs/tiny.yaml $(if $(SMOKE),--smoke)

fmt: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
