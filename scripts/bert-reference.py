"""Expected outputs for src/engine/embedding-engine.test.ts: BERT computed with NumPy from the tensors of a GGUF, as its paper defines it.

Nothing of llama.cpp or of cria's own code takes part, except that cria wrote the file. Needs numpy and gguf (the reader):

    python bert-reference.py mean.gguf cls.gguf rank.gguf > src/engine/testdata/bert-expected.json

`WRITE_BERT=folder npx vitest run src/engine/embedding-engine.test.ts` writes the three files.
"""

import json
import math
import sys

import numpy as np
from gguf import GGUFReader

# Token ids of the sequences that are embedded; [CLS] is 2, [SEP] is 3. The last one fills the context.
SEQUENCES = [
    [2, 3],
    [2, 5, 7, 12, 3],
    [2, 5, 8, 17, 9, 3],
    [2, 1, 30, 59, 52, 45, 3],
    [2, 5, 7, 83, 12, 62, 3],
    [2] + [5 + (i * 7) % 55 for i in range(62)] + [3],
]


def load(path):
    reader = GGUFReader(path)
    field = lambda key: reader.fields[key].contents()
    tensors = {t.name: np.array(t.data, dtype=np.float64).reshape(list(reversed(t.shape))) for t in reader.tensors}
    return field, tensors


def layer_norm(x, weight, bias):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12) * weight + bias


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def hidden_states(field, t, ids):
    n_heads = field("bert.attention.head_count")
    linear = lambda x, name: x @ t[name + ".weight"].T + t[name + ".bias"]
    norm = lambda x, name: layer_norm(x, t[name + ".weight"], t[name + ".bias"])
    x = t["token_embd.weight"][ids] + t["token_types.weight"][0] + t["position_embd.weight"][: len(ids)]
    x = norm(x, "token_embd_norm")
    heads = lambda x: x.reshape(len(ids), n_heads, -1).transpose(1, 0, 2)
    for i in range(field("bert.block_count")):
        b = f"blk.{i}"
        q, k, v = (heads(linear(x, f"{b}.{name}")) for name in ("attn_q", "attn_k", "attn_v"))
        weights = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1]))
        mixed = (weights @ v).transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(x + linear(mixed, f"{b}.attn_output"), f"{b}.attn_output_norm")
        x = norm(x + linear(gelu(linear(x, f"{b}.ffn_up")), f"{b}.ffn_down"), f"{b}.layer_output_norm")
    return x


def output(field, t, ids):
    x = hidden_states(field, t, ids)
    pooling = field("bert.pooling_type")
    if pooling == 1:
        return x.mean(axis=0)
    if pooling == 2:
        return x[0]
    assert pooling == 4
    pooled = np.tanh(x[0] @ t["cls.weight"].T + t["cls.bias"])
    return pooled @ t["cls.output.weight"].T + t["cls.output.bias"]


result = {"sequences": SEQUENCES, "outputs": []}
for path in sys.argv[1:]:
    field, tensors = load(path)
    result["outputs"].append([[round(float(v), 6) for v in output(field, tensors, ids)] for ids in SEQUENCES])
json.dump(result, sys.stdout, separators=(",", ":"))
print()
