# Every target may be repeated; each makes what it needs first.
.PHONY: bench check demo format images install test help
.DEFAULT_GOAL := help

node := node_modules/.bin/node
installed := node_modules/.package-lock.json
page := services/chat-ui/dist/index.html
page_sources := $(shell find services/chat-ui packages/identity-trace/src -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.test.ts*' 2>/dev/null)

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

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

images: ## Build the container images (DOCKER_BUILD_FLAGS for more, such as --network=host)
	docker build $(DOCKER_BUILD_FLAGS) --target agent -t entra-bedrock-agent/agent:dev .
	docker build $(DOCKER_BUILD_FLAGS) --target weather-api -t entra-bedrock-agent/weather-api:dev .

bench: $(page) ## Run all benchmarks, each beside its peer
	@for run in bench/*/run.ts; do echo "== $$run"; $(node) $$run || exit 1; done
