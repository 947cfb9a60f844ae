# Every target may be repeated; each makes what it needs first.
.PHONY: bench check cluster-down cluster-up demo deploy format help images install load manifests test test-cluster tilt-up
.DEFAULT_GOAL := help

node := node_modules/.bin/node
installed := node_modules/.package-lock.json
page := services/chat-ui/dist/index.html
page_sources := $(shell find services/chat-ui packages/identity-trace/src -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.test.ts*' 2>/dev/null)

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

$(installed): package-lock.json
	@echo 'Installing what package-lock.json names…'
	@npm ci --loglevel=error
	@touch $@

install: $(installed) ## Install what package-lock.json names, Node 26 included

$(page): $(installed) $(page_sources)
	@echo 'Building the page…'
	@npm run --silent build:page
	@touch $@

# In a terminal the demo gets a process group of its own (set -m), so that Ctrl-C stops the demo and not make.
demo: $(page) ## Run everything here with emulators of Entra, the sidecar and Bedrock; no account needed
	@if [ -t 0 ]; then set -m; fi; $(node) scripts/demo.ts

test: $(page) ## Run all tests that need no cluster
	@npm test --silent

check: $(installed) ## Lint, types and formatting
	@npm run --silent check

format: $(installed) ## Mend what the linter and formatter can mend
	@npm run --silent format

image_names := agent weather-api emulators
images := $(foreach name,$(image_names),ghcr.io/entra-bedrock-agent/$(name):$(shell sed -n 's/^appVersion: *//p' charts/entra-bedrock-agent/Chart.yaml))

images: ## Build the container images (DOCKER_BUILD_FLAGS for more, such as --network=host)
	@for image in $(images); do \
	  target=$${image##*/}; target=$${target%:*}; \
	  docker build $(DOCKER_BUILD_FLAGS) --target $$target -t $$image . || exit 1; \
	done

kind := entra-bedrock-agent
load := kind load docker-image --name $(kind)
namespace := agents

load: ## Load the images into the cluster (load="kind load docker-image --name …", or another command)
	$(load) $(images)

cluster-up: images ## Make a kind cluster and load the images into it
	@kind get clusters 2>/dev/null | grep -qx $(kind) || kind create cluster --config kind-config.yaml
	@$(MAKE) --no-print-directory load

cluster-down: ## Delete the kind cluster
	kind delete cluster --name $(kind)

deploy: ## Install the emulators and the agent into the current cluster; no account needed
	kubectl apply -f k8s/namespace.yaml
	charts/local-emulators/make-certificate.sh $(namespace)
	helm -n $(namespace) upgrade --install emulators charts/local-emulators --wait
	helm -n $(namespace) upgrade --install demo charts/entra-bedrock-agent -f charts/local-emulators/agent-values.yaml --wait

tilt-up: ## Develop in the current cluster: sources are synchronised into the running pods
	tilt up

test-cluster: $(page) ## Run the tests that need a cluster: that of KUBECONFIG, disposable, with the images loaded
	@npm run --silent test:cluster

manifests: $(installed) ## Render the chart for people without Helm: k8s/manifests
	@npm run --silent manifests

bench: $(page) ## Run all benchmarks, each beside its peer
	@for run in bench/*/run.ts; do echo "== $$run"; $(node) $$run || exit 1; done
