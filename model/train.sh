#!/bin/sh
# cria-mini from nothing: data, tokenizer, training, export, evaluation. `model/train.sh [RUN_DIR]`, about an hour on two free cores.
# Needs Python 3.11 or later with the packages of model/requirements.txt, and a C++ compiler (torch.compile).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
run=${1:-${TMPDIR:-/tmp}/cria-mini-run}
mkdir -p "$run"
cd "$here"
python make_eval.py
python tokens.py "$run/tokenizer.json"
[ -f "$run/copy-passed" ] || python -u train.py "$run" copy --steps 1500
python -u train.py "$run" all --steps 450
python -u train.py "$run" finish --steps 1750
python export.py "$run" "$here/cria-mini" "$here/cria-mini.gguf"
python evaluate.py "$run"
