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

.PHONY: lint
lint: setup ## types, style, and that generated files are up to date
	@tsc -p .
	@tsc -p dashboard/ui
	@biome check --error-on-warnings .
	@node tools/gen.ts --check

.PHONY: check
check: lint ## the same, import rules and unit tests; a minute
	@node tools/run-tests.ts unit

.PHONY: test
test: setup ## all tests that need nothing but this machine: unit, properties, in-process cluster, real kubectl
	@tools/setup kubectl
	@tools/setup prometheus
	@node tools/run-tests.ts all

.PHONY: parity
parity: setup ## what of Argo Rollouts is here, row by row, each proved by tests that are run for it: done, on purpose, missing (ARGS=6-tools: one file of rows)
	@tools/setup chromium
	@node dashboard/ui/tools/build.ts
	@node tools/parity/main.ts $(ARGS)

.PHONY: monitoring-test
monitoring-test: setup ## rules, alerts and dashboards: by promtool, by helm, and on a real Prometheus (as root on Debian: installed)
	@tools/setup kubectl
	@tools/setup prometheus
	@node tools/run-tests.ts 'test/monitoring/*.test.ts'

.PHONY: cluster-test
cluster-test: setup ## the cluster suite on a real etcd, kube-apiserver, controller-manager and scheduler (built once; needs Go)
	@tools/setup kubectl
	@tools/kube/in-namespace node tools/run-tests.ts cluster

.PHONY: node-test
node-test: setup ## Sluice installed by Helm on a real node: containerd, kubelet, kube-proxy, real pods (Linux, root, Go; else skipped)
	@tools/setup helm
	@node test/node/run.ts $(ARGS)

.PHONY: node
node: setup ## such a node, empty, for exploring, until Ctrl-C (ARGS='-- COMMAND': until it ends)
	@tools/setup helm
	@tools/node/in-namespace node test/node/main.ts $(ARGS)

.PHONY: demo
demo: setup ## a cluster, Sluice and an app under load; a good version is promoted, a bad one rolled back (ARGS=--once: unattended; --judge=prometheus)
	@node dashboard/ui/tools/build.ts > /dev/null
	@node demo/main.ts $(ARGS)

.PHONY: up
up: setup ## the same cluster with Sluice in it, empty, for your own YAML, until Ctrl-C
	@node dashboard/ui/tools/build.ts > /dev/null
	@node local/main.ts $(ARGS)

.PHONY: chaos
chaos: setup ## 20 rollouts under load while parts are killed at random (SEED=n repeats a run)
	@node test/chaos/main.ts --seed=$(SEED) $(ARGS)

.PHONY: fuzz-expr
fuzz-expr: setup ## the condition language against the Go library on random expressions (RUNS=10000 SEED=n; needs Go)
	@node test/expr/main.ts $(or $(RUNS),10000) $(SEED)

.PHONY: bench-judge
bench-judge: setup ## false alarms and time to a verdict, by simulation: of the default check, and beside fixed thresholds
	@node analysis/judge.bench.ts $(ARGS)
	@node analysis/compare.bench.ts $(ARGS)

.PHONY: bench
bench: setup ## CPU per request of the router beside bare http-proxy; latency of the admission webhook
	@node router/router.bench.ts
	@node webhook/admission.bench.ts

.PHONY: bench-router
bench-router: setup ## CPU, throughput and p99 of the router beside nginx, haproxy and http-proxy (ARGS='--only smallGet --connections 64')
	@tools/setup bench
	@node test/router-bench/main.ts $(ARGS)

.PHONY: bench-controller
bench-controller: setup ## CPU, writes and memory of the controller with 200 Rollouts on a real control plane (ARGS='--rollouts N'; Linux, Go)
	@tools/kube/in-namespace node test/controller-bench/main.ts $(ARGS)

.PHONY: soak-router
soak-router: setup ## a router under load while everything changes, until its SIGTERM: no failed request, no growing memory (SECONDS=300)
	@node test/router-soak/main.ts --seconds $(or $(SECONDS),300)

.PHONY: fuzz-router
fuzz-router: setup ## random requests through both lanes in front of Node's, nginx's and Go's servers (SECONDS=60 SEED=n)
	@node test/smuggling/fuzz.ts --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))

.PHONY: ui
ui: setup ## the dashboard's page into dashboard/ui/dist, with its size
	@node dashboard/ui/tools/build.ts

.PHONY: ui-test
ui-test: setup ## the dashboard in a real browser: screens, keyboard, axe, pictures, 1,000 rollouts (Debian's Chromium, else skipped)
	@tools/setup chromium
	@node dashboard/ui/tools/build.ts
	@node dashboard/ui/tools/measure.ts
	@node dashboard/scale.bench.ts
	@node tools/run-tests.ts 'dashboard/ui/**/*.test.ts'

.PHONY: image
image: setup ## Sluice's container image as dist/sluice.tar, without Docker (ARGS='--name sluice:dev --out FILE.tar')
	@node image/build.ts $(ARGS)

.PHONY: cli
cli: setup ## the command line as one executable, dist/sluice, with Node in it and nothing else needed (for this Linux)
	@node tools/plugin/cli.ts $(ARGS)

.PHONY: plugin
plugin: setup ## kubectl sluice as an archive and a krew manifest in dist/ (URL=https://… where the archive will be; EXECUTABLE_URL=https://…: also one with Node in it)
	@node tools/plugin/main.ts --url "$(URL)" $(if $(EXECUTABLE_URL),--executable-url "$(EXECUTABLE_URL)") $(ARGS)

.PHONY: gen
gen: setup ## write what is generated: CustomResourceDefinitions, rights, dashboards, rules, the tables of docs/
	@node tools/gen.ts

.PHONY: verify
verify: setup ## fail when something generated is not current
	@node tools/gen.ts --check

.PHONY: format
format: setup ## format all sources
	@biome check --write .

.PHONY: clean
clean: ## remove what was installed and built in this folder
	rm -rf dist dashboard/ui/dist node_modules tools/runtime/node_modules tools/kubectl/node_modules tools/kubectl/bin
