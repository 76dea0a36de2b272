"""The tokenizer: byte-level BPE with few merges, none of which joins a letter with anything but letters.

So " Bordeaux" and "Bordeaux" end in the same pieces, and a value copied from the prompt is the same tokens everywhere.
The splitting rule is Qwen2's (llama.cpp: tokenizer.ggml.pre = "qwen2").
"""

import json
import random
import sys
from collections import Counter, defaultdict

import regex

SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>",
           "</tool_response>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]
# Shown to clients as text (they parse these), so not "special" in the sense of being skipped when decoding.
SHOWN = {"<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"}
VOCAB = 512


def byte_letters():
    """GPT-2's printable stand-ins for the 256 bytes."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    out, n = {}, 0
    for b in range(256):
        out[b] = chr(b) if b in keep else chr(256 + n)
        n += b not in keep
    return out


def kind(token):
    """Merges stay inside one kind: letters, or marks and line ends. Spaces, digits and bytes beyond ASCII stay alone."""
    if all(chr(b).isalpha() and b < 128 for b in token):
        return "letters"
    if all(b < 128 and not chr(b).isalnum() and b != 32 for b in token):
        return "marks"
    return None


def train(texts, merges_wanted):
    special = regex.compile("|".join(regex.escape(s) for s in SPECIAL))
    counts = Counter(w for t in texts for part in special.split(t) for w in regex.findall(SPLIT, part))
    words = [([bytes([b]) for b in w.encode()], c) for w, c in counts.items()]
    pairs, where = Counter(), defaultdict(set)

    def count(i, sign):
        w, c = words[i]
        for p in zip(w, w[1:]):
            if kind(p[0]) and kind(p[0]) == kind(p[1]):
                pairs[p] += sign * c
                if sign > 0:
                    where[p].add(i)

    for i in range(len(words)):
        count(i, 1)
    merges = []
    while len(merges) < merges_wanted:
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(best)
        for i in list(where[best]):
            count(i, -1)
            w, out, j = words[i][0], [], 0
            while j < len(w):
                if tuple(w[j : j + 2]) == best:
                    out.append(w[j] + w[j + 1])
                    j += 2
                else:
                    out.append(w[j])
                    j += 1
            words[i] = (out, words[i][1])
            count(i, 1)
    return merges


def write(path, merges):
    show = byte_letters()
    s = lambda token: "".join(show[b] for b in token)
    vocab = {show[b]: b for b in range(256)}
    for a, b in merges:
        vocab.setdefault(s(a + b), len(vocab))
    first = len(vocab)
    added = [dict(id=first + i, content=t, single_word=False, lstrip=False, rstrip=False, normalized=False, special=t not in SHOWN) for i, t in enumerate(SPECIAL)]
    with open(path, "w") as f:
        json.dump({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]},
            "post_processor": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
            "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
                      "byte_fallback": False, "vocab": vocab, "merges": [[s(a), s(b)] for a, b in merges]}}, f, ensure_ascii=False, indent=1)
    return first + len(SPECIAL)


class Tokens:
    def __init__(self, path):
        from tokenizers import Tokenizer

        self.t = Tokenizer.from_file(path)
        self.id = {s: self.t.token_to_id(s) for s in SPECIAL}
        self.size = self.t.get_vocab_size()

    def encode(self, text):
        return self.t.encode(text, add_special_tokens=False).ids

    def encode_all(self, texts):
        return [e.ids for e in self.t.encode_batch(texts, add_special_tokens=False)]

    def decode(self, ids):
        return self.t.decode(ids, skip_special_tokens=False)


if __name__ == "__main__":
    import data

    r = random.Random(0)
    texts = ["".join(data.text(data.draw(r, data.ALL)[1])) for _ in range(12000)]
    texts += [g for k in data.KNOWLEDGE for g in data.WORDING[k][0] + data.WORDING[k][1]] * 3
    merges = train(texts, VOCAB - 256 - len(SPECIAL))
    print("vocabulary", write(sys.argv[1], merges))
    t = Tokens(sys.argv[1])
    assert all(t.decode(t.encode(x)) == x for x in texts[:500])
    print([t.decode([i]) for i in t.encode('What is the weather in Bordeaux? {"name": "get_weather", "arguments": {"city": "Bordeaux"}}')])
    sizes = defaultdict(list)
    for _ in range(3000):
        k, s = data.draw(r, data.ALL)
        p, c = data.text(s)
        sizes[k].append((len(t.encode(p)), len(t.encode(c))))
    for k, v in sizes.items():
        print(f"{k:16s} {len(v):5d} samples, prompt {sum(a for a, _ in v) / len(v):5.0f}, answer {sum(b for _, b in v) / len(v):5.0f}, longest {max(a + b for a, b in v)}")
