# meerkat: a small front to meson and ninja. `make help` lists what there is.
BUILD ?= build
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
.DEFAULT_GOAL := build
pages = @for page in chat api graphiql dashboard; do tools/$$page-page $(1) || exit; done
.PHONY: help deps build run test test-browser lint check-deep bench install clean format docs

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## installs what is missing of tools/packages (Debian, through apt)
	@tools/deps

build: ## build/meerkat and build/meerkatctl, the tests and the benchmarks
	@tools/configure $(BUILD)
	@ninja -C $(BUILD)
	$(call pages,$(BUILD))

run: ## installs what is missing, builds, makes run/ with a certificate and a configuration, starts the server
	@tools/deps build run
	@tools/configure $(BUILD)
	@ninja -C $(BUILD) meerkat meerkatctl
	$(call pages,$(BUILD))
	@tools/run $(BUILD)

test: ## installs what is missing, builds, runs all tests: unit, fuzz corpora, wire scripts, clients
	@tools/deps build test
	@tools/configure $(BUILD)
	@ninja -C $(BUILD)
	@tools/run-tests --build $(BUILD)

test-browser: ## the chat page and the page for operators in headless Chromium: two people chat, over WebSocket and over BOSH, and an operator watches
	@tools/deps build test browser
	@tools/configure $(BUILD)
	@ninja -C $(BUILD) meerkat meerkatctl
	$(call pages,$(BUILD))
	@tools/run-tests --build $(BUILD) --suite browser

lint: ## layers, budgets, headers, words, format, docs/walk.md, differences.md and operators.md
	@tools/lint/all

check-deep: ## all tests under sanitizers and valgrind, and fuzzing for FUZZ_SECONDS a target
	@tools/deps build test deep
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/check-deep

bench: ## the load generator against this build and a bare relay, and HTTP beside nginx, as ratios
	@tools/deps build bench
	@tools/configure $(BUILD)
	@ninja -C $(BUILD)
	@bench/run --build $(BUILD)
	@bench/http_beside_nginx.py $(BUILD)

install: ## installs under DESTDIR and PREFIX (/usr/local)
	@tools/configure $(BUILD)/install --prefix=$(PREFIX) -Dtests=false
	@ninja -C $(BUILD)/install meerkat meerkatctl
	$(call pages,$(BUILD)/install)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)/install --no-rebuild
	@mkdir -p $(DESTDIR)$(PREFIX)/share/meerkat
	@for page in chat api-docs graphiql dashboard; do \
		[ ! -d $(BUILD)/install/$$page ] || cp -r $(BUILD)/install/$$page $(DESTDIR)$(PREFIX)/share/meerkat/ || exit; done

docs: build ## writes docs/options.md from the option tables
	@tools/docs $(BUILD)

format: ## lays out the C sources you changed with clang-format (tables and comments stay as they are)
	@tools/format

clean: ## removes what was built; run/ stays
	@rm -rf $(BUILD)
