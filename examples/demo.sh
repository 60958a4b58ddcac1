#!/bin/sh
# What `make demo` runs: the built-in real model on the starter suite and on a file of cases.
set -eu
julja=.venv/bin/julja
rm -rf demo && mkdir demo
export JULJA_STORE=demo/julja.db
limit=8
tasks=starter
command -v bwrap >/dev/null || {
  tasks="starter/arithmetic starter/transform starter/instructions starter/needle starter/logic"
  echo "bubblewrap is not installed: the task that runs programs (starter/code) is left out" >&2
}
$julja init support_bot --folder demo
echo
echo "== SmolLM2-135M on the starter suite ($limit samples of each task)"
$julja run $tasks -m llamacpp/smollm2 --limit $limit --report demo/starter.html
echo
echo "== and on a benchmark of your own, demo/support_bot.toml"
$julja run demo/support_bot.toml -m llamacpp/smollm2 --report demo/support_bot.html
echo
echo "Reports: demo/starter.html and demo/support_bot.html (open them in a browser)."
