# make run     install what is missing, build, start the agent on http://127.0.0.1:9797
# make test    install what the tests need, build, run all of them
# make install put binary, pages, rules and the systemd unit in place (PREFIX, default /usr/local)
# make bench   the table that the README quotes; BENCH=NAME runs Benchmarks/NAME.py, most beside a peer
#              (promql, disk, day, recovery, hooks and others: see the folder)
# make faults  the disk breaks at each of the first 2,000 operations, and 200 kills; for the night
# make fuzz    ten minutes of fuzzed PromQL, for the night (FUZZ_SECONDS)
# make lint    formatting, as CI checks it

SHELL  := /bin/bash
PREFIX ?= /usr/local
DATA   ?= ./data

# With Swift's own libraries within: one file, which runs where no Swift is, and takes less memory.
RELEASE := swift build -c release --static-swift-stdlib

# What the program is linked with and serves; what the tests run beside it.
BUILD_PACKAGES := libmicrohttpd-dev librrd-dev libopenblas-dev libsqlite3-dev libcurl4-openssl-dev \
  libpcre2-dev libsnappy-dev zlib1g-dev libzstd-dev libcrypt-dev libjs-dygraphs
TEST_PACKAGES := prometheus prometheus-alertmanager prometheus-node-exporter victoria-metrics chromium \
  chromium-driver fonts-noto-cjk curl rrdtool
# What the peers of a benchmark need beside that.
BENCH_PACKAGES := nginx-light wrk

.PHONY: run test install bench faults fuzz lint build debug stress swift packages test-packages bench-packages clean
.DEFAULT_GOAL := run

run: build
	@exec .build/release/martlet run --data $(DATA)

build: swift packages
	@echo "Building the release binary; the first time takes 2 to 5 minutes on two cores."
	@$(RELEASE) --product martlet

debug: swift packages
	@swift build

test: swift packages test-packages
	@echo "Building the tests."
	@swift build --build-tests
	@$(RELEASE) --product martlet
	@$(RELEASE) --product martlet-bench
	@echo "Running the tests of the rooms, then those that start agents: beside each other, the first would"
	@echo "hold the threads on which the second wait."
	@swift test --skip-build --disable-xctest --skip AgentTests
	@MARTLET_RELEASE=$(CURDIR)/.build/release/martlet \
	  swift test --skip-build --disable-xctest --filter AgentTests

stress: swift packages
	@echo "Building Keep and Carry under Thread Sanitizer."
	@swift build --scratch-path .build-tsan --sanitize thread -Xswiftc -DTSAN --product martlet-stress
	@TSAN_OPTIONS=halt_on_error=1 .build-tsan/debug/martlet-stress

bench: swift packages $(if $(BENCH),test-packages bench-packages)
	@$(RELEASE) --product martlet-bench
ifdef BENCH
	@$(RELEASE) --product martlet
	@Benchmarks/$(BENCH).py
else
	@.build/release/martlet-bench
endif

lint: swift
	@swift format lint --strict -r Sources Tests Package.swift

# By the preloaded library and by the Files seam, then kills of the release binary and days of simulated
# faults; each tells how far it is, and MARTLET_SIM_SEED brings back the days that failed.
faults: swift packages
	@swift build --build-tests
	@$(RELEASE) --product martlet
	@$(RELEASE) --product martlet-bench
	@MARTLET_FAULTS=2000 MARTLET_KILLS=200 MARTLET_SIM_DAYS=30 MARTLET_RELEASE=$(CURDIR)/.build/release/martlet \
	  swift test --skip-build --disable-xctest --filter 'FaultTests|CrashTests|SimulationTests|BrokenDiskTests'

fuzz: swift packages
	@swift build --build-tests
	@MARTLET_FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) swift test --skip-build --disable-xctest --filter FuzzTests

install:
	@test -x .build/release/martlet || { echo "Run 'make build' first."; exit 1; }
	install -D -m 755 .build/release/martlet $(DESTDIR)$(PREFIX)/bin/martlet
	install -d $(DESTDIR)$(PREFIX)/share/martlet
	cp -R dashboards alerts $(DESTDIR)$(PREFIX)/share/martlet/
	install -D -m 644 deploy/martlet.example.yml $(DESTDIR)/etc/martlet/martlet.example.yml
	sed 's|@PREFIX@|$(PREFIX)|g' deploy/martlet.service > martlet.service.tmp
	install -D -m 644 martlet.service.tmp $(DESTDIR)/etc/systemd/system/martlet.service
	@rm -f martlet.service.tmp
	@echo "Installed. Start it with: systemctl daemon-reload && systemctl enable --now martlet"

swift:
	@command -v swift >/dev/null || { \
	  echo "Swift 6.3 is needed and no 'swift' is on the PATH."; \
	  echo "Get it at https://www.swift.org/install/linux/ (Debian 12), then run make again."; exit 1; }

packages: ; @$(call install_missing,$(BUILD_PACKAGES))
test-packages: ; @$(call install_missing,$(TEST_PACKAGES))
bench-packages: ; @$(call install_missing,$(BENCH_PACKAGES))

# Asks for root once, and says for which packages. Services that come along are not to be started.
define install_missing
missing=""; for p in $(1); do \
  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then \
  echo "Installing from Debian:$$missing"; \
  if [ "$$(id -u)" = 0 ]; then root=""; else echo "(root is needed once, for apt-get)"; root="sudo"; fi; \
  $$root apt-get update -q >/dev/null && \
  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing >/dev/null \
  || { echo "apt-get failed; run it by hand: apt-get install$$missing"; exit 1; }; \
fi
endef

clean:
	rm -rf .build .build-tsan
