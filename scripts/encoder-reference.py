"""Tiny random encoders and rerankers with what sentence-transformers and transformers compute with them.

Development only: python scripts/encoder-reference.py
Needs torch, transformers, sentence-transformers. Writes, from fixed seeds, src/convert/testdata/encoders: folders as the
libraries save them, each with expected.json.
"""

import json
import shutil
from pathlib import Path

import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
    PreTrainedTokenizerFast,
    XLMRobertaForSequenceClassification,
)

ROOT = Path(__file__).resolve().parent.parent / "src/convert/testdata/encoders"
CORPUS = [
    "A cria is a young llama. It has been born in the mountains, and it's 12 days old!",
    "Who wrote the book about the sea? The book was written by Ada in 1843.",
    "The quick brown fox jumps over the lazy dog; we'll see what they've got.",
    "Grüße aus Köln – naïve café, 東京 and Привет, नमस्ते, 안녕하세요, สวัสดี, مرحبا.",
]
TEXTS = [
    "A cria is a young llama.",
    "",
    " ",
    "WHO wrote it?  It's Ada\n\tLovelace!",
    "Grüße aus Köln – naïve café",
    "東京 and Привет",
    "नमस्ते 안녕하세요 สวัสดี مرحبا",
    "emoji 🦙👩‍👩‍👧 and \u0000control\u0007 zero\u200bwidth\ufffd",
    "a" * 101 + " " + "b" * 100,
    "[MASK] and [SEP] in a text",
    "the book about the sea " * 12,
]
PAIRS = [
    ("Who wrote the book?", "The book was written by Ada in 1843."),
    ("Who wrote the book?", "A cria is a young llama."),
    ("Köln", "Grüße aus Köln – naïve café, 東京"),
    ("", "a text"),
    ("안녕", "नमस्ते 안녕하세요"),
]
SMALL = dict(
    hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64
)


def word_piece(lowercase):
    normalizer, splitter = normalizers.BertNormalizer(lowercase=lowercase), pre_tokenizers.BertPreTokenizer()
    words = sorted({word for text in CORPUS for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))})
    letters = sorted(set("".join(words)))
    # A trainer would not give the same pieces every time.
    pieces = [*letters, *(f"##{letter}" for letter in letters), *words[::2], *(f"##{word[1:]}" for word in words[1::2])]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocab = {piece: i for i, piece in enumerate(piece for piece in dict.fromkeys([*special, *pieces]) if piece != "##")}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return BertTokenizerFast(tokenizer_object=tokenizer, do_lower_case=lowercase, model_max_length=64)


def randomize(model, seed):
    """The library's own initialisation leaves norms at 1 and biases at 0, which would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.empty_like(parameter).normal_(0, 0.15, generator=generator)
        parameter.data = noise + (1.0 if name.endswith("LayerNorm.weight") else 0.0)
    # Far enough from each other that a wrong type of a token is seen.
    model.get_input_embeddings().weight.data *= 3
    (getattr(model, "bert", model)).embeddings.token_type_embeddings.weight.data *= 4


def save_base(folder, model, tokenizer, seed):
    shutil.rmtree(folder, ignore_errors=True)
    with torch.no_grad():
        randomize(model, seed)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_embedder(name, mode, seed, lowercase=True, normalize=True, max_seq_length=None):
    folder, base = ROOT / name, ROOT / "base"
    tokenizer = word_piece(lowercase)
    save_base(base, BertModel(BertConfig(vocab_size=len(tokenizer), **SMALL)), tokenizer, seed)
    transformer = Transformer(str(base), max_seq_length=max_seq_length)
    modules = [transformer, Pooling(32, pooling_mode=mode)] + ([Normalize()] if normalize else [])
    model = SentenceTransformer(modules=modules, device="cpu")
    shutil.rmtree(folder, ignore_errors=True)
    model.save(str(folder), create_model_card=False)
    shutil.rmtree(base)
    model = SentenceTransformer(str(folder), device="cpu")
    items = []
    for text in TEXTS:
        tokens = tokenizer(text)["input_ids"]
        items.append({"text": text, "tokens": tokens, "vector": rounded(model.encode(text))})
    write(folder, {"maxTokens": model.max_seq_length, "texts": items})


def make_reranker(name, seed):
    folder = ROOT / name
    tokenizer = word_piece(True)
    config = BertConfig(vocab_size=len(tokenizer), num_labels=1, **SMALL)
    save_base(folder, BertForSequenceClassification(config), tokenizer, seed)
    CrossEncoder(str(folder), device="cpu").save_pretrained(str(folder))
    model = CrossEncoder(str(folder), device="cpu")
    logits = model.predict(PAIRS, activation_fn=torch.nn.Identity())
    items = [
        {"query": query, "document": document, "tokens": tokenizer(query, document)["input_ids"], "logit": round(float(logit), 6)}
        for (query, document), logit in zip(PAIRS, logits)
    ]
    write(folder, {"pairs": items})


def score_pairs(source, name):
    """The pairs' scores by a reranker that is there already (scripts/convert-reference.py)."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(source / "tokenizer.json"))
    model = XLMRobertaForSequenceClassification.from_pretrained(source, dtype=torch.float32).eval()
    items = []
    for query, document in PAIRS:
        tokens = tokenizer(query, document, return_token_type_ids=False, return_tensors="pt")
        with torch.no_grad():
            logit = round(float(model(**tokens).logits), 6)
        items.append({"query": query, "document": document, "tokens": tokens["input_ids"][0].tolist(), "logit": logit})
    (ROOT / f"{name}.json").write_text(json.dumps({"pairs": items}, ensure_ascii=False) + "\n")


def rounded(values):
    return [round(float(value), 6) for value in values]


def write(folder, expected):
    for unused in ("README.md", ".gitattributes"):
        (folder / unused).unlink(missing_ok=True)
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


make_embedder("mean", "mean", 1, max_seq_length=24)
make_embedder("cls-cased", "cls", 2, lowercase=False, normalize=False)
make_reranker("reranker", 3)
score_pairs(ROOT.parent / "models/xlm-roberta-rank", "xlm-roberta-rank")
