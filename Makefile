# `make demo` and `make test` do all the set-up they need in .venv; the other targets are for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TREE := build/module
SOURCES := $(shell find csrc cmake -type f) CMakeLists.txt Makefile pyproject.toml models/electron-nano/electron-nano.gguf models/spoken-requests/spoken-requests.arpa.gz

.PHONY: demo test nightly check format cpp-test clean

demo: $(VENV)/.installed
	$(BIN)/electron-local demo

test: $(VENV)/.installed check cpp-test
	$(BIN)/python -m pytest -m "not nightly" -n 2 --dist loadfile --durations 10

# What takes minutes: sanitizers, installs of every kind, the demo on all its recordings.
nightly: test
	$(BIN)/python -m pip install -q "schemathesis>=4"
	for preset in asan tsan; do \
	  $(BIN)/cmake --preset $$preset && $(BIN)/cmake --build build/$$preset --parallel 2 \
	  && $(BIN)/ctest --test-dir build/$$preset --output-on-failure || exit 1; \
	done
	$(BIN)/python -m pytest -m nightly
	$(BIN)/electron-local demo --all --output build/reply.wav
	$(BIN)/python bench/footprint.py --size

# ruff, mypy, clang-format; the floors are a test.
check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	tools/make_stub.sh --check
	$(BIN)/clang-format --dry-run -Werror $$(find csrc tests/cpp -name '*.h' -o -name '*.cpp')

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $$(find csrc tests/cpp -name '*.h' -o -name '*.cpp')

# In the tree of the installed module: the tests link its libraries.
cpp-test: $(VENV)/.installed
	$(BIN)/cmake -D ELECTRON_LOCAL_TESTS=ON -D ELECTRON_LOCAL_WERROR=ON $(TREE)
	$(BIN)/cmake --build $(TREE) --parallel 2
	$(BIN)/ctest --test-dir $(TREE) --output-on-failure

# libllama comes as a wheel built once for this machine (tools/libllama_wheel.py says why); cmake and ninja
# come from the registry, so that a compiler is all the machine needs.
$(VENV)/.installed: $(SOURCES) tools/libllama_wheel.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed (Debian: apt-get install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install -q --upgrade pip
	links=$$($(BIN)/python tools/libllama_wheel.py) && export PIP_FIND_LINKS="$$PIP_FIND_LINKS $$links" \
	  && $(BIN)/python -m pip install -q "scikit-build-core>=1.0" "pybind11>=3.0" "cmake>=3.21" ninja \
	       "llama-cpp-python==$$(sed -n 's/.*"llama-cpp-python==\([0-9.]*\)".*/\1/p' pyproject.toml | head -1)" \
	  && $(BIN)/python -m pip install -q --no-build-isolation --config-settings=build-dir=$(TREE) \
       --config-settings=cmake.define.ELECTRON_LOCAL_WERROR=ON --editable '.[all,dev]'
	@touch $@

clean:
	rm -rf build dist $(VENV)
