# Everything a newcomer needs: `make serve` and `make test`. Needs python3 (>= 3.11) with venv, git and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT     ?= 8000
DATA_DIR ?= .data
FUZZ_SECONDS ?= 600
export PORT DATA_DIR

.PHONY: audit mutants serve test check demo bench fuzz lock openapi venv format linters older-postgres

serve demo: $(VENV)/.serve
venv: $(VENV)/.dev
$(VENV)/.serve: requirements-serve.txt
$(VENV)/.dev: requirements-dev.txt
$(VENV)/.serve $(VENV)/.dev:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@ && if [ $@ = $(VENV)/.dev ]; then touch $(VENV)/.serve; fi

serve:  ## embedded Postgres, migrations, demo data on first start, API, worker and the help form
	@exec $(BIN)/python -m app.cli serve

demo:  ## plays a ticket's story against the running server
	@$(BIN)/python -m app.cli demo

check: venv  ## format, lint, types, walls, one newest migration
	@$(BIN)/python -c 'from app.core.migrations import newest_revision as newest; newest()'
	@$(BIN)/ruff format --check --quiet . || { echo "make format would change the files above"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > .import-linter.log 2>&1 || { cat .import-linter.log; exit 1; }

test: check  ## everything: what CI calls
	@$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=
	@$(BIN)/coverage report --format=total --fail-under=95 >/dev/null || { $(BIN)/coverage report --skip-covered; exit 1; }
	@$(BIN)/coverage report --include='app/domain/*' --fail-under=100 --skip-covered

older-postgres: venv  ## the tests that speak to the database again, on the system's Postgres 15
	@DESK_POSTGRES_BIN=/usr/lib/postgresql/15/bin $(BIN)/pytest -q -n 2 tests/features tests/database

audit: venv  ## known vulnerabilities of what is installed (asks PyPI)
	@$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.txt

mutants: venv  ## changes the rules one by one: a test must notice (half an hour)
	@$(BIN)/mutmut run && $(BIN)/mutmut results

fuzz: venv  ## random input and sequences of calls for FUZZ_SECONDS with each role's key, and the rules' properties for longer
	@DESK_FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/pytest -n 2 tests/contract/test_schemathesis.py tests/domain tests/features/billing/test_money_machine.py

bench: venv
	@$(BIN)/python -m bench.run
	@$(BIN)/python -m bench.mails
	@$(BIN)/python -m bench.money
	@$(BIN)/python -m bench.papers
	@$(BIN)/python -m bench.invoicing

format: venv
	@$(BIN)/ruff check --quiet --fix-only . ; $(BIN)/ruff format --quiet .

openapi: venv  ## rewrite the committed openapi.json
	@$(BIN)/python -m app.cli openapi > openapi.json.tmp && mv openapi.json.tmp openapi.json

linters:  ## optional: the OpenAPI linters that a test runs where they are there (needs npm)
	@npm install --prefix tests/contract --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error >/dev/null

lock: venv  ## after editing dependencies in pyproject.toml
	@$(BIN)/uv lock --quiet
	@$(BIN)/uv export --quiet --frozen --no-emit-project --no-default-groups --no-annotate -o requirements.txt
	@$(BIN)/uv export --quiet --frozen --no-emit-project --no-default-groups --group embedded --no-annotate -o requirements-serve.txt
	@$(BIN)/uv export --quiet --frozen --no-emit-project --all-groups --no-annotate -o requirements-dev.txt
