"""Expected outputs for src/engine/embedding-engine.test.ts: what transformers computes with the tensors of a GGUF.

Needs torch, transformers, and gguf (the reader):

    python bert-reference.py mean.gguf cls.gguf rank.gguf > src/engine/testdata/bert-expected.json

`WRITE_BERT=folder npx vitest run src/engine/embedding-engine.test.ts` writes the three files.
"""

import json
import sys

import numpy as np
import torch
from gguf import GGUFReader
from transformers import BertConfig, BertForSequenceClassification

# Token ids of the sequences that are embedded; [CLS] is 2, [SEP] is 3. The last one fills the context.
SEQUENCES = [
    [2, 3],
    [2, 5, 7, 12, 3],
    [2, 5, 8, 17, 9, 3],
    [2, 1, 30, 59, 52, 45, 3],
    [2, 5, 7, 83, 12, 62, 3],
    [2] + [5 + (i * 7) % 55 for i in range(62)] + [3],
]
NAMES = {
    "token_embd": "bert.embeddings.word_embeddings",
    "token_types": "bert.embeddings.token_type_embeddings",
    "position_embd": "bert.embeddings.position_embeddings",
    "token_embd_norm": "bert.embeddings.LayerNorm",
    "cls": "bert.pooler.dense",
    "cls.output": "classifier",
}
BLOCK_NAMES = {
    "attn_q": "attention.self.query",
    "attn_k": "attention.self.key",
    "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense",
    "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense",
    "ffn_down": "output.dense",
    "layer_output_norm": "output.LayerNorm",
}


def full_name(name):
    stem, kind = name.rsplit(".", 1)
    if stem in NAMES:
        return f"{NAMES[stem]}.{kind}"
    _, layer, part = stem.split(".")
    return f"bert.encoder.layer.{layer}.{BLOCK_NAMES[part]}.{kind}"


def load(path):
    reader = GGUFReader(path)
    field = lambda key: reader.fields[f"bert.{key}"].contents()
    tensors = {full_name(t.name): torch.tensor(np.array(t.data).reshape(list(reversed(t.shape)))) for t in reader.tensors}
    config = BertConfig(
        vocab_size=tensors["bert.embeddings.word_embeddings.weight"].shape[0],
        hidden_size=field("embedding_length"),
        intermediate_size=field("feed_forward_length"),
        num_hidden_layers=field("block_count"),
        num_attention_heads=field("attention.head_count"),
        max_position_embeddings=field("context_length"),
        num_labels=1,
    )
    model = BertForSequenceClassification(config).eval()
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not unexpected and (field("pooling_type") == 4) == (not missing)
    return field("pooling_type"), model


def output(pooling, model, ids):
    if pooling == 4:
        return model(torch.tensor([ids])).logits[0]
    states = model.bert(torch.tensor([ids])).last_hidden_state[0]
    return states.mean(0) if pooling == 1 else states[0]


result = {"sequences": SEQUENCES, "outputs": []}
with torch.no_grad():
    for path in sys.argv[1:]:
        pooling, model = load(path)
        result["outputs"].append([[round(float(v), 6) for v in output(pooling, model, ids)] for ids in SEQUENCES])
json.dump(result, sys.stdout, separators=(",", ":"))
print()
