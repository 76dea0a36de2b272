"""How well two trained folders search the test set, in Python: python evaluate.py EMBED_FOLDER RERANK_FOLDER [-v]"""

import json
import sys

import torch
from transformers import AutoTokenizer, BertForSequenceClassification, BertModel

from data import TEST_FILE
from train import embed, encode

NEAREST = 10


def main(embed_folder, rerank_folder, verbose):
    torch.set_num_threads(1)
    test = json.loads(TEST_FILE.read_text())
    passages = test["passages"]
    embedder, tokenizer = BertModel.from_pretrained(embed_folder, add_pooling_layer=False).eval(), AutoTokenizer.from_pretrained(embed_folder)
    reranker = BertForSequenceClassification.from_pretrained(rerank_folder).eval()
    with torch.no_grad():
        vectors = embed(embedder, encode(tokenizer, passages))
        for part in ("queries", "new_wording"):
            first = found = best = 0
            for item in test[part]:
                query, right = item["query"], item["passage"]
                near = (vectors @ embed(embedder, encode(tokenizer, [query]))[0]).topk(NEAREST).indices.tolist()
                scores = reranker(**encode(tokenizer, [query] * NEAREST, [passages[i] for i in near])).logits[:, 0]
                answer = near[int(scores.argmax())]
                first, found, best = first + (near[0] == right), found + (right in near), best + (answer == right)
                if verbose and answer != right:
                    print(f"{query}\n   right: {passages[right]}{'' if right in near else ' (not found)'}\n   given: {passages[answer]}")
            n = len(test[part])
            print(f"{part}: embed first {first}/{n}, embed in {NEAREST} {found}/{n}, after rerank first {best}/{n}")


main(*sys.argv[1:3], "-v" in sys.argv[3:])
