# What people do with this repository. `make` alone lists it.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
IMAGE   ?= marketplace
LINT    := .cache/golangci-lint
BUILD   := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

# go test's own limit for one package, generous for machines that are busy with other things.
TIMEOUT ?= 20m

# Test databases live in memory where there is a memory disk of 2 GB: they wait for every byte otherwise. The collector of garbage may
# wait for more of it, up to a limit: a tenth of the tests' time is its.
FAST := GORACE=atexit_sleep_ms=100 GOGC=400 GOMEMLIMIT=3GiB $(shell test -w /dev/shm && test $$(df -Pk /dev/shm | awk 'END { print $$4 }') -gt 2000000 && echo TMPDIR=/dev/shm GOTMPDIR=$${TMPDIR:-/tmp})

.DEFAULT_GOAL := help
.PHONY: help run demo test test-modules test-marketplace test-fast torture check fmt lint build bench mutants compare docker services clean screenshots lighthouse

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Serve on http://localhost:8080, with demonstration data the first time
	$(GO) run ./cmd/marketplace serve --demo

demo: ## The same with new data, which is thrown away at the end
	@data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT INT TERM && $(GO) run ./cmd/marketplace serve --demo --data "$$data"

# The race detector looks at our code and at what runs beside it, not into what only computes: SQLite, which is C made into
# Go, passwords and pictures. Tests of the database take half as long so. A package that makes copies of generic code of
# sync may not be here: the program would have one copy, without its marks, and the detector would see races that are none.
RACE = -race $(foreach computes,modernc.org/sqlite/lib modernc.org/libc modernc.org/memory golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b image/...,-gcflags=$(computes)=-race=false)

# Of the largest packages the detector looks at the tests in which several things happen at once. The others do one thing
# after the other, drive a browser or real processes, or compute for long: it sees nothing more in them, and makes them many
# times as long. They run without it, beside the others.
LARGE   := ./cmd/marketplace ./modules/order/orderimpl ./platform/bus ./web/site
AT_ONCE := TestStories$$|LiveChannel|ModuleThatIsAway|EveryPageIsWholeAndAccessible|EveryFormDoes|StaticFiles
AT_ONCE := $(AT_ONCE)|OnSQLite$$|OnSQLiteAndRabbitMQ|Replicas|WhoseDatabase|Watcher|Stopping|Together|AnEvent|Queue
AT_ONCE := $(AT_ONCE)|Fights|OfAHundred|Parallel|AnyOrder|AtOnceAre|AtOnceIs|OneAnswer|SpentOnce|SentOnce|OneProcessAtATime|AnotherProcess|FromPlacingTo|Remote|TheFigures|ClockThatJumps

# Compiled without what a debugger wants, and without copying functions into each other: that is a quarter of compiling.
TEST := CI=true $(FAST) $(GO) test -vet=off '-gcflags=marketplace/...=-dwarf=false -l' -timeout $(TIMEOUT)

test: services ## All tests, with the race detector where it may find something; on Debian, install what they need first
	@$(MAKE) --no-print-directory --jobs 2 test-modules test-marketplace

# What takes long comes first, so that at the end there is always something small to do.
test-modules:
	$(TEST) $(RACE) -p 2 -parallel 4 -run '$(AT_ONCE)' $(LARGE)
	$(TEST) -p 3 -parallel 4 -skip '$(AT_ONCE)' $(filter-out ./cmd/marketplace,$(LARGE))
	$(TEST) $(RACE) -p 2 -parallel 4 $$($(GO) list ./... | grep -vE '($(subst $() ,|,$(LARGE:.%=%)))$$')

test-marketplace:
	$(TEST) -parallel 5 -skip '$(AT_ONCE)' ./cmd/marketplace

test-fast: ## The tests that need nothing installed; the others are skipped
	CI= $(FAST) $(GO) test -short -timeout $(TIMEOUT) ./...

# The packages that have tests which last long behind the build tag.
TORTURED = $(shell grep -rl --include='*_test.go' '^//go:build torture' . | xargs -r -n1 dirname | sort -u)

torture: services ## The same dangers for longer: 30 kills, minutes of absence; docs/reliability.md says which
	CI=true $(GO) test -tags torture -p 1 -count 1 -timeout 2h -v $(TORTURED)

check: lint test ## Everything that must pass before a change is merged

fmt: $(LINT) ## Write the code in its format
	$(LINT) fmt

lint: $(LINT) ## Format, go vet and the linters of .golangci.yml
	$(LINT) run ./...

build: ## One static program: bin/marketplace
	CGO_ENABLED=0 $(GO) build $(BUILD) -o bin/marketplace ./cmd/marketplace

bench: ## The benchmarks; docs/performance.md says how to read them
	$(GO) test -run '^$$' -bench . -benchmem -p 1 -timeout 30m ./...

compare: ## The socket server beside the official one of Node.js; docs/performance.md says how to read it
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then echo "make compare needs node and npm: skipped"; else \
		(cd platform/socketio/testdata/node && { [ -d node_modules/socket.io ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; }) && \
		$(GO) test -tags comparison -count 1 -timeout 40m -run TestComparison -v ./platform/socketio; fi

screenshots: services ## Pictures of every page, in light and dark, on a phone and wide, to look at
	CI=true $(FAST) $(GO) test -tags screenshots -count 1 -timeout $(TIMEOUT) -run TestScreenshots ./cmd/marketplace

lighthouse: services ## Lighthouse over the main pages of a demonstration; docs/performance.md has the figures
	@sh cmd/marketplace/testdata/lighthouse/measure.sh "$(GO)" $(RUNS)

# Mutants are planted into money, the books and the fees; each must be killed by a test. -test-cpu of gremlins 0.6 makes every test
# run fail, and so every mutant look dead: it is not used. PostgreSQL is left out, which is asked for the same and takes longer.
GREMLINS := github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0

mutants: ## Mutation testing of money, the books and the rules of orders: hours
	$(GO) run $(GREMLINS) unleash --workers 1 --timeout-coefficient 15 ./platform/money
	CI= GOFLAGS=-skip=/PostgreSQL $(GO) run $(GREMLINS) unleash --workers 1 --timeout-coefficient 15 ./modules/order/internal/ledger
	CI= GOFLAGS="-short -skip=/PostgreSQL" $(GO) run $(GREMLINS) unleash --workers 1 --timeout-coefficient 15 ./modules/order/orderimpl

docker: ## The container image
	docker build --build-arg VERSION=$(VERSION) --tag $(IMAGE):$(VERSION) .

services: # What the tests start: PostgreSQL, Chromium, the official Socket.IO client
	@.ci/services

clean: ## Remove what was built
	rm -rf bin .cache

# The linter is built from its module, pinned in tools/go.mod: 2 minutes once, on two cores.
$(LINT): tools/go.mod tools/go.sum
	@mkdir -p $(@D)
	cd tools && $(GO) build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
