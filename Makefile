# The default goal lists the targets; each has a `##` line.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# tools/setup installs Node 24 from npm where the machine's own Node is older than 22.19; that one then comes first.
export PATH := $(CURDIR)/tools/runtime/node_modules/.bin:$(CURDIR)/node_modules/.bin:$(PATH)
ARGS ?=
SEED ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is missing: Node 24 (if this machine's is older) and the npm packages
	@tools/setup

.PHONY: check
check: setup ## types, lint, import rules, unit tests; under a minute
	@tsc -p .
	@biome check --error-on-warnings .
	@node tools/run-tests.ts unit

.PHONY: test
test: setup ## all tests that need nothing but this machine: unit, properties, in-process cluster, real kubectl
	@tools/setup kubectl
	@node tools/run-tests.ts all
