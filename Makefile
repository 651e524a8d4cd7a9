# Python >= 3.11, git and make are all it takes; everything is installed below .venv.
# ARGS goes to pytest:  make test ARGS="-k names -x"
# PYTHON picks the interpreter:  make setup PYTHON=python3.12

BIN := .venv/bin
STAMP := .venv/.stamp
# Three tests at once on two cores, as they wait for other programs; whoever has none left takes one from another.
AT_ONCE := -n 3 --dist worksteal

# Whoever sets it has each of thousands of processes compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# Only the package index is ever asked, through the system's own certificates (company proxies).
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
# No target is a file, but for the stamp of setup.
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Make .venv with the locked tools and this project in it
	@:

ifeq ($(origin PYTHON),command line)
export PYTHON
.PHONY: $(STAMP)
endif
$(STAMP): requirements/dev.lock requirements/bootstrap.txt pyproject.toml src/hermes_cli/__init__.py tools/setup.sh
	@tools/setup.sh
	@touch $@

demo: setup ## Do the main job in a temporary folder: new, test, deploy, ls, run, show
	@tools/demo.sh

test: setup ## Run the quick tests
	$(BIN)/python -m pytest $(AT_ONCE) -m "not slow" $(ARGS)

test-all: setup ## Run every test, the longer proofs too
	$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

test-newest: setup ## Run most of the quick tests on the newest Python of this machine, if that is newer
	tools/test_newest.sh $(ARGS)

coverage: setup ## Run the quick tests, and report what of the source they and the commands that they start execute
	rm -rf build/coverage
	$(BIN)/coverage run -m pytest $(AT_ONCE) -m "not slow" $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

reliability: setup ## Try to break what a deploy promises, and write the figures into docs/reliability.md
	@mkdir -p build && rm -f build/figures.jsonl
	HERMES_FIGURES=$(CURDIR)/build/figures.jsonl $(BIN)/python -m pytest $(AT_ONCE) tests/acceptance/proofs \
	  -k "not _some_ and not _few_" $(ARGS)
	$(BIN)/python tools/reliability.py build/figures.jsonl docs/reliability.md

hooks: setup ## Run the quick checks by themselves before each commit in this clone
	$(BIN)/pre-commit install

check: setup ## Lint, format, types, imports, shell scripts, workflows, the rendered template, the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	SKIP=ruff,ruff-format,shellcheck,actionlint,zizmor PRE_COMMIT_HOME=build/pre-commit \
	  $(BIN)/pre-commit run --all-files --show-diff-on-failure
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.10 src/hermes_airflow # the oldest that the operator runs on
	$(BIN)/lint-imports
	$(BIN)/shellcheck .ci/run tools/*.sh
	$(BIN)/actionlint -shellcheck $(BIN)/shellcheck
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms \
	  $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	tools/check_template.sh
	tools/docs.sh

docs: setup ## Build the pages as a site into build/site; a link that leads nowhere fails
	tools/docs.sh

bench: wheel ## Measure Hermes beside its peers (about 25 minutes), and write docs/benchmarks.md
	$(BIN)/python -m benchmarks --write

bench-quick: wheel ## The same in some minutes, with fewer rounds and projects; writes nothing
	$(BIN)/python -m benchmarks --quick

check-infra: setup ## Lint the CloudFormation templates and the Terraform module of infra/
	tools/check_infra.sh

test-airflow: setup ## Run HermesOperator in real Airflow 3 and 2, against a stand-in for Databricks
	tools/test_airflow.sh $(ARGS)

wheel: setup ## Build the wheel into dist/
	rm -f dist/*.whl
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

test-wheel: wheel ## Install the wheel in a fresh environment and drive it from outside
	tools/test_wheel.sh

freeze-templates: setup ## Keep the current version of each template, as a release needs it
	$(BIN)/python tools/freeze_template.py

completion: setup ## Remake the texts of the commands that `hermes --help` and shell completion read
	$(BIN)/python tools/completion.py

structure: setup ## Print the figures of the source tree; ARGS: another checkout, --trace, --json
	@$(BIN)/python tools/structure.py $(ARGS)

mutate: setup ## Change the source at random in 100 places, print the changes that no test sees; ARGS="--seed 7"
	$(BIN)/python tools/mutate.py $(ARGS)

lock: setup ## Remake the locked requirements, keeping pins that still fit
	tools/lock.sh

upgrade: setup ## Remake the locked requirements with the newest versions that fit
	tools/lock.sh --upgrade

clean: ## Remove the environment, caches and build results
	rm -rf .venv .venv-newest .venv-infra .venv-airflow2 .venv-airflow3 .venv-bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
