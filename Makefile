# The front door. Every target works from a fresh clone on a fresh machine; `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
comma := ,
.DEFAULT_GOAL := help
.PHONY: help demo test build lint bench lab-check proto clean

say = echo "==> $(1)" >&2
sources := $(wildcard Sources Tests Benchmarks Package.swift)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## from a fresh clone to a commit that runs on two clusters, then what to try next
	@scripts/demo

test: ## everything from a fresh machine to a passed test suite
	@$(call say,Debian packages that the build needs)
	scripts/bootstrap
	$(call say,Helm as a library (a download of 75 MB the first time))
	library="$$(scripts/helm-library)"
	$(call say,a real kube-apiserver (built once: 6 minutes the first time))
	assets="$$(scripts/kube-assets)"
	export FLOTILLA_HELM_LIBRARY="$$library" KUBEBUILDER_ASSETS="$$assets"
	$(call say,building Flotilla and its tests (5 minutes the first time))
	swift build --build-tests
	# One group after another: tests that wait for clocks share the processors with few that only compute.
	$(call say,tests of the rooms: documents$(comma) the domain$(comma) and tools in confined children)
	swift test --skip-build --disable-xctest --filter '^(Document|Telemetry|Fleet|Confinement|Kustomizer|HelmEngine|Fuzz)Tests\.'
	$(call say,tests of the rooms: bus$(comma) store$(comma) git and the Kubernetes API)
	swift test --skip-build --disable-xctest --filter '^(Wire|Store|GitSource|KubeClient|KubeServer)Tests\.'
	$(call say,tests of the rooms: manager and agent)
	swift test --skip-build --disable-xctest --filter '^(Manager|Agent)Tests\.'
	$(call say,tests of the whole house: real executables$(comma) clusters$(comma) git and kubectl)
	swift test --skip-build --disable-xctest --filter EndToEndTests

build: ## the release executable at bin/flotilla
	@scripts/bootstrap
	$(call say,building the release executable (8 minutes the first time))
	swift build -c release --product flotilla
	mkdir -p bin
	install -m 0755 "$$(swift build -c release --show-bin-path)/flotilla" bin/flotilla
	$(call say,bin/flotilla is ready)

lint: ## formatting, generated code, scripts, the lab's files, and which room imports which
	@scripts/bootstrap
	$(call say,swift format)
	swift format lint --strict --parallel --recursive --configuration .swift-format $(sources)
	$(call say,generated wire messages)
	scripts/generate-wire-messages --check
	$(call say,scripts)
	for script in scripts/* compose/{agent,collect,join,scrape,cluster/run,git/run} .ci/run; do
	  read -r shebang <"$$script"
	  case "$$shebang" in
	    *bash*) bash -n "$$script" ;;
	    '#!/bin/sh') sh -n "$$script" ;;
	    *python3*) python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$$script" ;;
	    *) echo "lint: $$script begins with neither bash nor sh nor python3" >&2; exit 1 ;;
	  esac
	  [[ -x $$script ]] || { echo "lint: $$script is not executable: chmod +x $$script" >&2; exit 1; }
	done
	$(call say,the lab)
	scripts/check-lab
	$(call say,imports)
	scripts/check-imports --self-test
	scripts/check-imports

bench: ## one line per figure: bench <name> value=<n> unit=<u> reference=<n> ratio=<n>; ONLY=<name> for one
	@scripts/bootstrap
	scripts/bench $(ONLY)

lab-check: ## the docker compose lab: up, a commit, a cut network, a restart, down
	@scripts/lab-check

proto: ## Sources/CWireMessages from Proto/, with protoc-c
	@scripts/bootstrap
	scripts/generate-wire-messages

clean: ## what the build made; the downloads in ~/.cache/flotilla stay
	@rm -rf .build Benchmarks/.build bin
