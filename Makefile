# make run, make test, make chaos, make chaos-sync, make fuzz, make lint, make bench: each installs what it needs into .venv first.
SHELL := /bin/sh
PORT ?= 8000
DEMO ?=
BIN := .venv/bin

.PHONY: run test chaos chaos-sync fuzz lint bench clean

run: .venv/run.stamp
	@$(BIN)/python manage.py fetch_face_models || echo "Virtual try-on stays off until this has worked."
	@PORT=$(PORT) DEMO=$(DEMO) exec $(BIN)/python -m config.launch

test: .venv/dev.stamp
	@$(BIN)/python manage.py fetch_face_models
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# Workers killed at every boundary of a refund, then the same without each guard: SCHEDULES=, MOST=, SEED=.
chaos: .venv/dev.stamp
	@$(BIN)/python -m tests.chaos.money --schedules $(or $(SCHEDULES),10000) --table $(or $(MOST),5000) \
		--seed $(or $(SEED),1) $(ARGS)

# Stores that change, fail and are cut off while they are copied, for a minute.
chaos-sync: .venv/dev.stamp
	@STOREKEEP_CHAOS_SECONDS=$(or $(SECONDS),60) $(BIN)/python -m pytest tests/chaos -m chaos $(ARGS)

# The API against its own schema, with many more requests: EXAMPLES= an endpoint, of each caller.
fuzz: .venv/dev.stamp
	@STOREKEEP_FUZZ_EXAMPLES=$(or $(EXAMPLES),500) $(BIN)/python -m pytest -n 2 \
		tests/storefront/test_schema.py $(ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check

bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks.sync
	$(BIN)/python -m benchmarks.console
	$(BIN)/python -m benchmarks.api
	$(BIN)/python -m benchmarks.recommending
	$(BIN)/python -m benchmarks.tryon

.venv/run.stamp: requirements.txt
	@sh config/install.sh requirements.txt $@

.venv/dev.stamp: requirements.txt requirements-dev.txt
	@sh config/install.sh requirements-dev.txt $@

clean:
	@echo "This deletes .venv only; your data is in var/."
	rm -rf .venv
