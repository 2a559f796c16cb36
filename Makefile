# Everything starts here: `make demo`, `make test`. Each target sets up what it needs and is quick when nothing changed.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-stop prove test check bench dev images

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

setup: ## .venv/bin/ringkeep with all it needs
	@scripts/system-packages
	@scripts/make-venv runtime

demo: images ## two lab phone systems under care, on http://127.0.0.1:8080
	@.venv/bin/python scripts/demo

demo-stop: ## end what make demo started
	@.venv/bin/python scripts/demo stop

prove: setup ## prove the sample phone system; writes report.html
	.venv/bin/ringkeep prove samples/saba --html report.html

test: dev images ## every test, the ones on real Asterisk included; three files at a time, as most of it is waiting
	.venv/bin/python -m pytest -n 3 --dist loadfile

check: dev ## format, lint, types, layers, and the commands that the documents name
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m pytest --quiet tests/test_docs.py

bench: setup images ## measure; prints each figure with its reference
	.venv/bin/python scripts/bench

dev: setup
	@scripts/system-packages tests
	@scripts/make-venv dev

images: setup
	.venv/bin/ringkeep lab build 16 22
