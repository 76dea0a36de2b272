"""The network of cria-mini: the Qwen3 architecture in plain PyTorch, its start weights, and greedy decoding."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = dict(vocab=512, width=256, layers=5, heads=4, head_dim=64, ff=512, context=1024, rope_theta=1e6, eps=1e-6)


def rope_table(context, head_dim, theta):
    freq = 1.0 / theta ** (torch.arange(0, head_dim, 2).float() / head_dim)
    angle = torch.outer(torch.arange(context).float(), freq)
    return torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


class Norm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.n, self.eps = (n,), eps

    def forward(self, x):
        return F.rms_norm(x, self.n, self.weight.to(x.dtype), self.eps)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, hd, self.heads, self.head_dim = c["width"], c["head_dim"] * c["heads"], c["heads"], c["head_dim"]
        self.input_norm, self.post_norm = Norm(d, c["eps"]), Norm(d, c["eps"])
        self.q_norm, self.k_norm = Norm(self.head_dim, c["eps"]), Norm(self.head_dim, c["eps"])
        self.q, self.k, self.v = (nn.Linear(d, hd, bias=False) for _ in range(3))
        self.o = nn.Linear(hd, d, bias=False)
        self.gate, self.up = (nn.Linear(d, c["ff"], bias=False) for _ in range(2))
        self.down = nn.Linear(c["ff"], d, bias=False)

    def forward(self, x, cos, sin, mask=None, cache=None):
        b, t, _ = x.shape
        y = self.input_norm(x)
        split = lambda z: z.view(b, t, self.heads, self.head_dim).transpose(1, 2)
        q = rotate(self.q_norm(split(self.q(y))), cos, sin)
        k = rotate(self.k_norm(split(self.k(y))), cos, sin)
        v = split(self.v(y))
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        # Written out: for short texts on a CPU this is faster, backwards too, than scaled_dot_product_attention.
        a = torch.matmul(q * self.head_dim**-0.5, k.transpose(-1, -2)) + mask
        a = torch.matmul(torch.softmax(a.float(), -1).to(v.dtype), v)
        x = x + self.o(a.transpose(1, 2).reshape(b, t, -1))
        y = self.post_norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Mini(nn.Module):
    def __init__(self, c=CONFIG):
        super().__init__()
        self.c = dict(c)
        self.embed = nn.Embedding(c["vocab"], c["width"])  # also the output matrix (tied)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c["layers"]))
        self.norm = Norm(c["width"], c["eps"])
        cos, sin = rope_table(c["context"], c["head_dim"], c["rope_theta"])
        self.register_buffer("cos", cos, False)
        self.register_buffer("sin", sin, False)

    def hidden(self, ids, mask=None, start=0, caches=None):
        x = self.embed(ids)
        if torch.is_autocast_enabled("cpu"):
            x = x.bfloat16()
        t = ids.shape[1]
        if mask is None:
            mask = torch.ones(t, t, dtype=torch.bool).tril()
        if mask.dtype == torch.bool:
            mask = torch.zeros(mask.shape, dtype=x.dtype).masked_fill(~mask, -1e9)
        cos, sin = self.cos[start : start + t].to(x.dtype), self.sin[start : start + t].to(x.dtype)
        for i, block in enumerate(self.blocks):
            x = block(x, cos, sin, mask, None if caches is None else caches[i])
        return self.norm(x)

    def forward(self, ids, **kw):
        return F.linear(self.hidden(ids, **kw), self.embed.weight)


@torch.no_grad()
def start_weights(m):
    """Random weights, and in the first two blocks a head-made copying circuit for training to keep or to change.

    Copying (a value of the prompt into the answer) is what a small model learns last from scratch. So block 0 starts
    with three heads that look one, two and three tokens back and note what stood there, and block 1 with one head that
    looks for the place whose last three tokens are the current ones, and raises the token there.
    """
    c = m.c
    d, hd, n = c["width"], c["head_dim"], c["layers"]
    for name, p in m.named_parameters():
        if p.dim() == 2:
            std = 0.5 / math.sqrt(p.shape[1])
            nn.init.normal_(p, std=std / math.sqrt(2 * n) if name.endswith(("o.weight", "down.weight")) else std)
    # The residual stream: 0 a constant, 1..127 the token, 128.. what stood 1, 2 and 3 tokens back.
    tok, note, per = slice(1, 128), 128, 42
    e = m.embed.weight
    e.zero_()
    e[:, tok] = torch.randn(c["vocab"], 127) * 0.05
    e[:, 128:] = torch.randn(c["vocab"], d - 128) * 0.002
    e[:, 0] = 0.15
    half = hd // 2
    freq = 1.0 / c["rope_theta"] ** (torch.arange(0, hd, 2).float() / hd)
    b0, b1 = m.blocks[0], m.blocks[1]
    sharp = torch.zeros(half)
    sharp[:7] = 1.0
    rows = lambda k, w: torch.linalg.qr(torch.randn(w, k))[0].T  # k orthonormal rows
    p = rows(per, 127)
    for back in (1, 2, 3):
        h = slice((back - 1) * hd, back * hd)
        b0.q.weight[h] *= 0.05
        b0.k.weight[h] *= 0.05
        b0.q.weight[h, 0] = torch.cat([sharp * torch.cos(-back * freq), sharp * torch.sin(-back * freq)])
        b0.k.weight[h, 0] = torch.cat([sharp, torch.zeros(half)])
        b0.v.weight[h] *= 0.05
        b0.v.weight[h][:per, tok] += p
        b0.o.weight[:, h] *= 0.05
        at = note + (back - 1) * per
        b0.o.weight[at : at + per, (back - 1) * hd : (back - 1) * hd + per] += torch.eye(per) * 0.08
    b0.q_norm.weight.fill_(2.6)
    b0.k_norm.weight.fill_(2.6)
    # Block 1, head 0: match on the slowly turning pairs of the rotary embedding only.
    slow = [i for i in range(11, half)] + [half + i for i in range(11, half)]
    h = slice(0, hd)
    b1.q.weight[h] *= 0.05
    b1.k.weight[h] *= 0.05
    for j, share in enumerate((1.0, 0.8, 0.6)):
        r = rows(per, per)[: len(slow)] * share
        at = slice(note + j * per, note + (j + 1) * per)
        q = b1.q.weight[h]
        if j == 0:
            q[slow, tok] += r @ p * 2.0
        else:
            q[slow, at.start - per : at.stop - per] += r
        b1.k.weight[h][slow, at] += r
    b1.q_norm.weight.fill_(2.2)
    b1.k_norm.weight.fill_(2.2)
    p = rows(hd, 127)
    b1.v.weight[h] *= 0.05
    b1.v.weight[h, tok] += p
    b1.o.weight[:, h] *= 0.05
    b1.o.weight[tok, h] += p.T * 0.5


@torch.no_grad()
def greedy(m, prompts, stops, limit=160, batch=32):
    """Greedy answers (token lists, stop token included) to prompts given as token lists."""
    out = [None] * len(prompts)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for s in range(0, len(order), batch):
        rows = order[s : s + batch]
        t = max(len(prompts[i]) for i in rows)
        ids = torch.zeros(len(rows), t, dtype=torch.long)
        keep = torch.zeros(len(rows), t, dtype=torch.bool)
        for j, i in enumerate(rows):
            ids[j, t - len(prompts[i]) :] = torch.tensor(prompts[i])
            keep[j, t - len(prompts[i]) :] = True
        caches = [[] for _ in m.blocks]
        mask = torch.ones(t, t, dtype=torch.bool).tril()[None, None] & keep[:, None, None, :]
        mask = mask | torch.eye(t, dtype=torch.bool)[None, None]
        h = m.hidden(ids, mask, 0, caches)[:, -1]
        got, done = [[] for _ in rows], [False] * len(rows)
        for n in range(t, min(t + limit, m.c["context"])):
            nxt = F.linear(h, m.embed.weight).argmax(-1)
            for j, token in enumerate(nxt.tolist()):
                if not done[j]:
                    got[j].append(token)
                    done[j] = token in stops
            if all(done):
                break
            keep = torch.cat([keep, torch.ones(len(rows), 1, dtype=torch.bool)], 1)
            h = m.hidden(nxt[:, None], keep[:, None, None, :], n, caches)[:, -1]
        for j, i in enumerate(rows):
            out[i] = got[j]
    return out
