# wiredesk: `make demo` shows it, `make run` runs it, `make test` tests it. Each installs what is missing first.

SWIFT ?= swift
ARGS ?=
# The Swift runtime is linked in: the program starts faster and runs on machines without a toolchain. Symbols are left out of the file.
BUILD = $(SWIFT) build -c release --product wiredesk --static-swift-stdlib -Xlinker -s
WIREDESK = .build/release/wiredesk

.PHONY: help demo run build test check format docs screenshots setup clean

help:
	@echo "make demo    a newsroom on this machine: no network, key or configuration needed"
	@echo "make run     the host with Plugins.json (ARGS=\"--data DIR\" passes options on)"
	@echo "make test    every test"
	@echo "make check   format, generated pages, examples of the documentation"
	@echo "make build   the program alone: $(WIREDESK)"

setup:
	@scripts/setup.sh

build: setup
	@scripts/quietly.sh "building wiredesk (some minutes the first time)" $(BUILD)

demo: build
	@$(WIREDESK) demo $(ARGS)

run: build
	@$(WIREDESK) run $(ARGS)

# The tests run one after another: many measure what happens within a second, on machines with two cores.
test:
	@scripts/setup.sh --tests
	@scripts/quietly.sh "building the tests" $(SWIFT) build --build-tests
	@scripts/test.sh $(SWIFT) test --skip-build --no-parallel $(ARGS)

check:
	@scripts/setup.sh --tests
	@scripts/quietly.sh "building" $(SWIFT) build --product wiredesk
	@$(SWIFT) format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift && echo "format: as it should be"
	@scripts/check-docs.sh .build/debug/wiredesk && echo "docs: as they should be"

format:
	@$(SWIFT) format --in-place --recursive --parallel Sources Tests Benchmarks Package.swift

docs: build
	@$(WIREDESK) plugins ceilings --markdown > docs/ceilings.md
	@$(WIREDESK) plugins schema > docs/plugins.schema.json
	@$(WIREDESK) prices schema > docs/prices.schema.json

screenshots:
	@scripts/setup.sh --tests
	@scripts/quietly.sh "building" $(SWIFT) build --product DashboardStage
	@.build/clients/bin/python Tests/Clients/dashboard.py .build/debug/DashboardStage docs/images

clean:
	@rm -rf .build
