# Two commands: `make serve` shows the page, `make test` tests everything. Both get what is missing first.
# The work is in scripts/; each of them can be run by itself.

.NOTPARALLEL:
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo "make serve       build, and serve the page on http://localhost:8080 (PORT=8081 for another port)"
	@echo "make test        all tests: host, wasm in a browser, types, the Python engine, page, conformance"
	@echo
	@echo "make setup       get what is missing for all of this; serve and test do it by themselves"
	@echo "make build       the wasm module and its JavaScript, into www/pkg"
	@echo "make python      the Python engine, into www/python (the first time 5 to 10 minutes on two cores)"
	@echo "make test-host   the tests that need no browser (plain \`cargo test\`)"
	@echo "make test-wasm   the tests in tests/wasm.rs, in a headless browser"
	@echo "make test-types  www/gilscope.d.ts, by the TypeScript compiler"
	@echo "make test-page   the tests in tests/page, in a browser"
	@echo "make test-python the Python engine's programs, in a browser, beside python3"
	@echo "make conformance runs here beside recorded runs of CPython: the table of www/conformance (5 minutes)"
	@echo "make test-conformance  a shorter form of it, and executors that are wrong on purpose"
	@echo "make lint        formatting and clippy"
	@echo "make bench       figures of the core and of the methods, side by side"
	@echo "make picture     the README's picture, by a run of this machine"
	@echo "make clean       remove what was built (the tools stay in .tools)"

.PHONY: setup
setup:
	@scripts/setup.sh test

.PHONY: build
build:
	@scripts/setup.sh build
	@scripts/build.sh

.PHONY: python test-python
python: build
	@scripts/python.sh
test-python: setup
	@scripts/test.sh python

.PHONY: serve
serve: build
	@scripts/serve.sh $(if $(PORT),--port $(PORT))

.PHONY: test
test: test-host test-wasm test-types test-python test-page test-conformance

.PHONY: test-host test-wasm test-types test-page
test-host:
	@scripts/setup.sh host
	@scripts/test.sh host
test-wasm test-types: setup
	@scripts/test.sh $(@:test-%=%)
test-page: setup build
	@scripts/test.sh page

# The short form is a part of make test; the whole one writes the table down.
.PHONY: conformance test-conformance
test-conformance: setup build
	@scripts/test.sh conformance
conformance: setup build python
	@bash -c '. scripts/env.sh && node tests/conformance/run.mjs --write'

.PHONY: lint
lint:
	@scripts/setup.sh build
	@scripts/lint.sh

.PHONY: bench picture
bench: setup build python
	@scripts/bench.sh
picture: setup build
	@bash -c '. scripts/env.sh && node tests/page/picture.mjs'

.PHONY: clean
clean:
	@echo "==> Removing target, python/target, www/pkg and www/python"
	@rm -rf target python/target www/pkg www/python
