# What there is to do. The program itself is built by CMake; these are short names.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PREFIX ?= /usr/local

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: ## build the program: build/release/ciyuan
	cmake --preset release && cmake --build --preset release

test: ## run every test
	./test

lint: ## formatting, clang-tidy, and a build by clang without warnings
	@clang-format --dry-run -Werror $$(git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' 'include/*.h' | grep -vE '_table\.h|_tables\.c|model_(first|second)\.h') # generated tables are as their generator writes them
	cmake --preset clang -DCMAKE_C_FLAGS=-Werror && cmake --build --preset clang
	clang-tidy -quiet -p build/clang $$(git ls-files 'src/*.c' | grep -v '_tables\.c$$')

tsan: ## the C tests under the thread sanitizer
	cmake --preset tsan && cmake --build --preset tsan && TSAN_OPTIONS=suppressions=tests/tsan.supp:halt_on_error=1 build/tsan/ciyuan-tests

bench: ## speed, beside the peers (installs them); writes bench/build.md
	cmake --preset bench && cmake --build --preset bench && tools/bench_build.py

bench-tokens: ## tokens a second beside gigatoken: TEXTS="a.jsonl b.jsonl.gz" VOCABULARIES=x.json,y.json (o200k_base)
	cmake --preset bench && cmake --build --preset bench --target bench_tokens
	.deps/venv/bin/python bench/peer_tokens.py $(or $(VOCABULARIES),.deps/share/vocabularies/o200k_base.json) $(TEXTS)

fuzz: ## every fuzz target, SECONDS each (600)
	cmake --preset fuzz && cmake --build --preset fuzz && tools/run_fuzz.sh $(or $(SECONDS_EACH),600)

heavy: ## tokens beside the peers, a million texts a vocabulary and pattern, by every CPU variant
	cmake --preset release && cmake --build --preset release && ./setup --tests && tools/run_heavy.sh

man: ## the man pages, from the option tables and the C header: build/man/*.1, *.3
	tools/make_man.sh build/release/ciyuan build/man

openapi: build ## docs/openapi.json, of the routes and their schemas
	cp build/release/generated/server/openapi.json docs/openapi.json

install: build man ## install into PREFIX (/usr/local)
	cmake --install build/release --prefix $(PREFIX)
	case $(PREFIX) in /usr | /usr/local) ldconfig ;; esac # so that libciyuan.so.0 is found
	install -d $(PREFIX)/share/man/man1 $(PREFIX)/share/man/man3
	install -m 644 build/man/*.1 $(PREFIX)/share/man/man1/
	install -m 644 build/man/*.3 $(PREFIX)/share/man/man3/

deb: build man ## a Debian package: build/ciyuan_VERSION_amd64.deb
	tools/make_deb.sh

kills: build ## 200 kills of a server under uploads, and every byte it acknowledged read back; then 50 on each other database and object store, and both frozen for a minute
	./setup --tests && CIYUAN_KILLS=200 CIYUAN=build/release/ciyuan .deps/venv/bin/python tests/cases/hub_kill.py
	for places in postgres s3 "postgres s3"; do \
		CIYUAN_PLACES="$$places" CIYUAN_KILLS=50 CIYUAN=build/release/ciyuan .deps/venv/bin/python tests/cases/hub_kill.py || exit 1; done
	CIYUAN_FREEZE_S=60 CIYUAN=build/release/ciyuan .deps/venv/bin/python tests/cases/hub_places.py

soak: build ## ten minutes of mixed load on a server, without growth of memory or descriptors
	./setup --tests && .deps/venv/bin/python tools/soak_serve.py --seconds $(or $(SECONDS_EACH),600)

bench-serve: ## the HTTP server beside nginx (needs nginx and wrk)
	cmake --preset bench && cmake --build --preset bench --target bench_serve && tools/bench_serve.py

clean: ## remove what was built
	rm -rf build

.PHONY: help build test lint tsan bench bench-tokens fuzz heavy man install deb kills soak bench-serve clean
