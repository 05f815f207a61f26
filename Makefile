# Everything runs in .venv, made from the pinned versions in envs/requirements.txt; make install
# LOCK=envs/requirements-cuda.txt adds JAX for NVIDIA GPUs (requirements-cuda13.txt: with CUDA 13), LOCK=envs/requirements-exports.txt
# what writes NWB files, LOCK=envs/requirements-cameras.txt what finds calibration boards.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TESTS ?= tests
LOCK ?= envs/requirements.txt
INSTALLED := .venv/$(basename $(notdir $(LOCK))).installed

.DEFAULT_GOAL := help
.PHONY: help install demo demo3d zoo test lint format lock docs costs bench clean

help: ## list the commands
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

install: $(INSTALLED) ## install the pinned environment and the command marey

# The second line puts the command `marey` into .venv/bin. Its build tool is in the lock: nothing comes unpinned from an index.
$(INSTALLED): $(LOCK) pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r $(LOCK)
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

demo/truth.parquet: | $(INSTALLED)
	$(BIN)/marey synth demo demo

demo: install demo/truth.parquet ## run the whole workflow on a small made experiment
	$(BIN)/snakemake --configfile config/experiments/demo.yaml
	@echo
	@echo "report:        results/demo/report.html (open it in a browser)"
	@echo "poses:         results/demo/smoothed/mouse1.parquet"
	@echo "labelled clip: results/demo/clips/mouse1.mp4"
	@echo "labelling kit: results/demo/kits/kit.html (more frames, with predictions to correct)"
	@echo "exports:       results/demo/exports/ (CSV, DeepLabCut, SLEAP)"

demo3d/truth3d.parquet: | $(INSTALLED)
	$(BIN)/marey synth demo3d demo3d

demo3d: ## run it on a made mouse that three cameras film, from a calibration board to poses in space
	$(MAKE) install demo3d/truth3d.parquet LOCK=envs/requirements-cameras.txt
	$(BIN)/snakemake --configfile config/experiments/demo3d.yaml
	@echo
	@echo "report:        results/demo3d/report.html (open it in a browser)"
	@echo "cameras:       results/demo3d/cameras/all.parquet, and results/demo3d/exports/cameras/all.toml for anipose"
	@echo "poses:         results/demo3d/poses3d/mouse.parquet"
	@echo
	@$(BIN)/python benchmarks/demo3d.py

ZOO := zoo_mouse_top/models

zoo/%/labels.parquet: | $(INSTALLED)
	$(BIN)/marey synth examples zoo/$* --animal $* --number 6000 --seed 1

zoo: install demo/truth.parquet zoo/mouse_top/labels.parquet ## make the bundle mouse_top anew, an hour on two cores
	$(BIN)/snakemake --configfile config/experiments/zoo_mouse_top.yaml -- results/$(ZOO)/0/confidence_curves.parquet
	$(BIN)/marey zoo pack results/$(ZOO)/0-0 --into workflow/marey/zoo/mouse_top

test: install ## run all tests
	$(BIN)/python -m pytest $(TESTS)

lint: install demo/truth.parquet ## check style and structure
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint --configfile config/experiments/demo.yaml

format: install ## format all code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

COMPILE := $(BIN)/uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" --quiet

lock: install ## compile the lock files in envs/ from pyproject.toml
	$(COMPILE) --extra dev --output-file envs/requirements.txt
	for extra in cuda cuda13 exports cameras; do \
		sed -nE 's/^([A-Za-z0-9._-]+==[^ ]+).*/\1/p' envs/requirements.txt | \
		$(COMPILE) --extra dev --extra $$extra --constraint - --output-file envs/requirements-$$extra.txt || exit 1; done

docs: install ## write config/README.md and docs/reference
	$(BIN)/python -m marey.reference.pages

EXPERIMENT ?= config/config.yaml

costs: install ## jobs, hours and disk of a run: make costs EXPERIMENT=config/experiments/mine.yaml
	$(BIN)/marey costs --configfile $(EXPERIMENT)

bench: install ## measured speed and accuracy (see benchmarks/)
	$(BIN)/python benchmarks/openfield.py

clean: ## delete the demos, their results and the environment
	rm -rf demo demo3d results/demo results/demo3d .venv
