# You can run every target again. It first makes what it needs.
.PHONY: bench check cluster-down cluster-up demo deploy eval-injection format help image-names images install manifests mutation page release-dry-run test test-cluster test-slow-page tilt-up tools witnesses
.DEFAULT_GOAL := help

node := node_modules/.bin/node
installed := node_modules/.package-lock.json

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-16s %s\n", $$1, $$2}'

# The machine's Node only installs: what runs everything is Node 24, one of the packages.
$(installed): package-lock.json
	@for program in node npm; do command -v $$program >/dev/null || { \
	  echo "This needs Node and npm to install, and there is no $$program on the PATH: https://nodejs.org/en/download" >&2; exit 1; }; done
	@node scripts/check-node.cjs
	@echo 'Installing what package-lock.json names…'
	@mv node_modules/.cache $(kept_cache) 2>/dev/null || true
	@npm ci
	@mv $(kept_cache) node_modules/.cache 2>/dev/null || true
	@touch $@

# `npm ci` empties node_modules; this folder meanwhile keeps what `make tools` put there.
kept_cache := .node_modules-cache

install: $(installed) ## Install what package-lock.json names, Node 24 included

# Downloads use the proxy and certificate authorities of the environment and the system.
tools: $(installed) ## Get the programs that the tests start (browser, Helm and others), unless they are on the PATH
	@$(node) --use-system-ca scripts/tools.ts

page: $(installed)
	@$(node) scripts/build-page.ts

# In a terminal the demo gets a process group of its own (set -m), so that Ctrl-C stops the demo and not make.
demo: page ## Run everything here with emulators of Entra, the sidecar and Bedrock; no account needed
	@if [ -t 0 ]; then set -m 2>/dev/null; fi; $(node) scripts/demo.ts

test: page ## Run the tests that need no cluster (LONG_TESTS=true for all); skips those whose programs are missing
	@npm test --silent
	@[ "$(LONG_TESTS)" = true ] || echo 'The long tests were left out; make test LONG_TESTS=true runs them too.'

test-slow-page: page ## Test the page with late responses, code and frames, where tests that read too early fail
	@SLOW_PAGE=true npm test --silent -- tests/browser tests/weather/browser

# Fails if a call is red that was green. TENANT=FILE asks a real tenant; its file has what emulators/witnesses/tenant.ts writes.
witnesses: $(installed) ## Let Microsoft's own clients call the emulator of Entra (in Node, a browser, Python, Go, Java: those that are here)
	@npm run --silent witnesses -- $(if $(TENANT),--tenant $(TENANT))

check: $(installed) ## Lint, types, formatting, and regular expressions that take more than linear time
	@npm run --silent check

format: $(installed) ## Mend what the linter and formatter can mend
	@npm run --silent format

test-cluster: page ## Test the charts on the disposable cluster of KUBECONFIG, with the images loaded (LONG_TESTS=true for all)
	@LONG_TESTS=$(LONG_TESTS) npm run --silent test:cluster

# The image names that the charts use, so that a cluster with these images needs no values for them.
version := $(shell sed -n 's/^appVersion: *"\{0,1\}\([^"]*\)"\{0,1\}/\1/p' charts/entra-bedrock-agent/Chart.yaml)
REGISTRY ?= ghcr.io/entra-bedrock-agent
images := $(foreach target,agent weather-api emulators entra-emulator,$(REGISTRY)/$(target):$(version))

# `make images BASE_IMAGES="$$(cat dist/release/base-images)"` builds from the digests that `make release-dry-run` found.
images: ## Build the container images (for REGISTRY; DOCKER_BUILD_FLAGS for more, such as --network=host)
	@for image in $(images); do \
	  echo "== $$image"; target=$${image##*/}; \
	  DOCKER_BUILDKIT=1 docker build $(DOCKER_BUILD_FLAGS) $(addprefix --build-arg ,$(BASE_IMAGES)) --build-arg VERSION=$(version) --target $${target%:*} -t $$image . || exit 1; \
	done

image-names: ## Print the names of the images
	@echo $(images)

release-dry-run: page ## Make in dist/release what a release publishes, as far as no registry is needed, and say what it would publish
	@$(node) scripts/release.ts

cluster-up: images ## Make a kind cluster with the images loaded
	kind get clusters | grep -qx entra-bedrock-agent || kind create cluster --config kind-config.yaml
	kind load docker-image --name entra-bedrock-agent $(images)

cluster-down: ## Delete the kind cluster
	kind delete cluster --name entra-bedrock-agent

namespace := agents

deploy: ## Install the emulators and the agent into the current cluster; no account needed
	kubectl apply -f k8s/namespace.yaml
	charts/local-emulators/make-certificate.sh $(namespace)
	helm -n $(namespace) upgrade --install emulators charts/local-emulators --wait
	helm -n $(namespace) upgrade --install demo charts/entra-bedrock-agent -f charts/local-emulators/agent-values.yaml --wait

tilt-up: ## Develop in the current cluster: sources are synchronised into the running pods
	tilt up

manifests: $(installed) ## Render the chart for users without Helm into k8s/manifests
	@npm run --silent manifests

mutation: $(installed) ## Change the code of tokens, identity and approval everywhere, and see whether a test notices (hours)
	@for target in tokens identity downstream approval; do echo "== $$target"; MUTATION_TARGET=$$target npx stryker run mutation/stryker.config.mjs || exit 1; done

bench: page ## Run all benchmarks, each beside its peer, or one (BENCH=startup), and write docs/performance.md
	@for run in bench/$(or $(BENCH),*)/run.ts; do echo "== $$run"; $(node) $$run || exit 1; done

# Results go to evals/injection/results and, as tables, into docs/injection.md; both are checked in.
eval-injection: tools ## Measure what stops an injected agent, on AgentDojo v1 (15 minutes; FULL=true for everything, an hour)
	@$(node) evals/injection/run.ts $(if $(filter true,$(FULL)),--full)
