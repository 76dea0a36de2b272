"""Trains the two models on one CPU thread each, into folders as the transformers library saves models.

    python train.py embed FOLDER
    python train.py rerank FOLDER --start EMBED_FOLDER
"""

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast

from data import Training

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MAX_TOKENS = 128
CONFIG = dict(
    hidden_size=128,
    intermediate_size=512,
    num_hidden_layers=3,
    num_attention_heads=4,
    max_position_embeddings=MAX_TOKENS,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)
TEMPERATURE = 0.05


def make_tokenizer(vocab_size=2560):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    alphabet = [chr(c) for c in range(33, 127) if not "A" <= chr(c) <= "Z"]
    tokenizer.train_from_iterator(
        Training(seed=0).texts(60_000),
        trainers.WordPieceTrainer(vocab_size=vocab_size, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return BertTokenizerFast(tokenizer_object=tokenizer, do_lower_case=True, model_max_length=MAX_TOKENS)


def encode(tokenizer, *texts):
    return tokenizer(*texts, padding=True, truncation=True, return_tensors="pt")


def embed(model, inputs):
    """Mean over the tokens, at length 1."""
    hidden = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"][:, :, None]
    return F.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def embed_loss(model, tokenizer, data, _done, n=256):
    queries, passages = zip(*data.pairs(n))
    # One pass for both: the texts are of like length.
    vectors = embed(model, encode(tokenizer, [*queries, *passages]))
    scores = vectors[:n] @ vectors[n:].T / TEMPERATURE
    right = torch.arange(n)
    loss = (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2
    return loss, (scores.argmax(1) == right).float().mean()


def rerank_loss(model, tokenizer, data, done, n=24, n_wrong=7):
    # From any passage to the hardest ones: what is about another matter is told apart first.
    n_hard = round(n_wrong * min(1.0, 0.2 + 2 * done))
    lists = data.lists(n, n_wrong, n_hard)
    queries = [query for query, passages in lists for _ in passages]
    scores = model(**encode(tokenizer, queries, [text for _, passages in lists for text in passages])).logits.view(n, -1)
    wanted = torch.zeros_like(scores)
    wanted[:, 0] = 1
    # The list tells which is best, the single scores keep 0.5 as the border between right and wrong.
    loss = F.cross_entropy(scores, torch.zeros(n, dtype=torch.long)) + F.binary_cross_entropy_with_logits(scores, wanted)
    return loss, (scores.argmax(1) == 0).float().mean()


def start_matching(bert, words):
    """Start weights of the reranker: the embedder's words, and a first block whose heads look for the same piece in the other text.

    From random weights that is learned last, and nothing else helps to tell names apart.
    """
    with torch.no_grad():
        embeddings, attention = bert.embeddings, bert.encoder.layer[0].attention.self
        embeddings.word_embeddings.weight.copy_(F.normalize(words, dim=-1))
        for linear in (attention.query, attention.key):
            torch.nn.init.eye_(linear.weight)


def train(model, tokenizer, loss_of, steps, rate, seed):
    data = Training(seed)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.98)
    )
    model.train()
    start, mean_right = time.monotonic(), 0.0
    for step in range(steps):
        done = step / steps
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * min(1.0, 2 * (1 - done))
        loss, right = loss_of(model, tokenizer, data, done)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        mean_right = 0.95 * mean_right + 0.05 * right.item()
        if (step + 1) % 25 == 0:
            minutes = (time.monotonic() - start) / 60
            print(f"{step + 1:5} steps {minutes:5.1f} min loss {loss.item():.3f} right {100 * mean_right:.1f} %", flush=True)
    model.eval()


def save_pooling(folder):
    """What sentence-transformers keeps beside the model."""
    module = "sentence_transformers.models."
    names = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [{"idx": i, "name": str(i), "path": path, "type": module + name} for i, (path, name) in enumerate(names)]
    (folder / "modules.json").write_text(json.dumps(modules, indent=1))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    pooling = {"word_embedding_dimension": CONFIG["hidden_size"], "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling, indent=1))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": MAX_TOKENS, "do_lower_case": False}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("embed", "rerank"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=Path, help="the trained embedder (rerank)")
    parser.add_argument("--steps", type=int)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if args.kind == "embed":
        tokenizer = make_tokenizer()
        model = BertModel(BertConfig(vocab_size=len(tokenizer), **CONFIG), add_pooling_layer=False)
        train(model, tokenizer, embed_loss, args.steps or 180, rate=1e-3, seed=1)
    else:
        tokenizer = BertTokenizerFast.from_pretrained(args.start)
        config = BertConfig(vocab_size=len(tokenizer), num_labels=1, **CONFIG)
        model = BertForSequenceClassification(config)
        start_matching(model.bert, BertModel.from_pretrained(args.start, add_pooling_layer=False).embeddings.word_embeddings.weight)
        train(model, tokenizer, rerank_loss, args.steps or 450, rate=1e-3, seed=2)
    model.save_pretrained(args.folder)
    tokenizer.save_pretrained(args.folder)
    if args.kind == "embed":
        save_pooling(args.folder)
    print(sum(p.numel() for p in model.parameters()), "parameters")


if __name__ == "__main__":
    main()
