# `make` alone prints what there is. Everything works in a fresh clone: tools that are missing are named, and the control plane
# (etcd, kube-apiserver, kube-controller-manager, kubectl) is built once from Go modules when it is not installed.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test simulate check-model lint fmt crds build image docs book deny control-plane charts check-image chaos reliability mutants mutants-deciding fuzz

# The scenarios mostly wait for simulated AWS, so more of them run at once than there are cores.
export RUST_TEST_THREADS ?= 8
IMAGE ?= warmlambda:dev

help: ## Print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: ## Watch an API and a stream go warm and new versions go out, in about a minute, without AWS and without a cluster
	@demo/run.sh

test: control-plane ## Run all tests: unit, property, and end to end against a real API server and a simulated AWS
	@start=$$SECONDS; \
	KUBEBUILDER_ASSETS=$$(scripts/control-plane.sh) cargo test --workspace --locked; \
	cargo test --quiet --locked --test e2e granted -- --ignored --nocapture; \
	echo "make test: all passed in $$((SECONDS - start)) s"

simulate: control-plane ## Run the long campaigns of the simulation, recovery from any state too, and write their rows (about 45 min on one core)
	SIMULATE=long WRITE=1 cargo test --profile simulation --locked --test simulation -- --nocapture --test-threads=1
	cargo test --quiet --profile simulation --locked --test chaos -- --page

lint: ## Check format, lints, dependencies and workflows as CI does
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$$(scripts/tools.sh cargo-deny) --workspace --locked check --deny warnings licenses bans sources
	$$(scripts/tools.sh actionlint)

fmt: ## Format the code
	cargo fmt --all

crds: ## Write crds/ from the types
	cargo run --quiet --locked -- crd > crds/warmlambdaendpoints.yaml

charts: crds ## Write what is generated in charts/ and dist/: schemas, tables of values, the CRD, plain manifests
	WRITE=1 cargo test --quiet --locked --test charts generated::

build: ## Build the operator for release
	cargo build --release --locked

image: ## Build the container image from a self-contained release binary (needs buildah or docker)
	@scripts/image.sh '$(IMAGE)'

check-image: ## Build the image of the last commit twice, compare, look into it and run it (needs root and buildah)
	@scripts/check-image.sh

chaos: control-plane ## Let every call go wrong in every way, in virtual time and end to end, and write the results (within an hour on 2 cores)
	SIMULATE=long WRITE=1 cargo test --quiet --profile simulation --locked --test simulation -- --skip recovery --nocapture --test-threads=2
	KUBEBUILDER_ASSETS=$$(scripts/control-plane.sh) cargo test --quiet --profile simulation --locked --test chaos -- --all --at-once 24 --write

check-model: ## Walk through every state of the shipping plan within the long bounds, and write the result
	WRITE=1 cargo run --quiet --locked -p warmlambda-model

reliability: ## Write the page of the results from what the runs wrote down
	cargo test --quiet --locked --test chaos -- --page

docs: crds reliability ## Write the generated pages of docs/ from the program
	@scripts/docs.sh

book: ## Build the pages as a site into target/book (installs mdbook into the cache once)
	@$$(scripts/tools.sh mdbook) build

deny: ## Check dependencies against advisories as well, which come from GitHub
	$$(scripts/tools.sh cargo-deny) --workspace --locked check --deny warnings

mutants: ## Put in 25 bugs that other operators had, one by one, and say which test notices (about 25 minutes on 2 cores)
	@cargo run --quiet --locked --package warmlambda-mutants -- bugs $(BUGS)

mutants-deciding: ## Change what decides in every small way that cargo-mutants knows, and list what no test notices (about an hour)
	@cargo run --quiet --locked --package warmlambda-mutants -- deciding $(if $(AGAIN),--again)

FUZZ_SECONDS ?= 600
FUZZ_SEED ?= 1
fuzz: ## Read what comes from outside in FUZZ_SECONDS seconds of inputs made from FUZZ_SEED (FUZZ_TARGET: one kind only)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) FUZZ_TARGET=$(FUZZ_TARGET) cargo test --quiet --locked --test fuzz for_a_given_time -- --ignored --exact --nocapture

control-plane:
	@scripts/control-plane.sh >/dev/null
