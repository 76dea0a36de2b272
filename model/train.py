"""Training, in phases that can be run one at a time: `python train.py RUN_DIR PHASE --steps N`.

copy    short texts that are all copying; ends when the copy probe reaches 90 % (or fails after N steps)
all     every kind of text, at a constant rate
finish  the same with the core set more often, the rate falling to zero over the last three quarters

State is kept in RUN_DIR/state.pt; a phase goes on from there. A file RUN_DIR/stop ends a phase at its next step.
"""

import argparse
import os
import random
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing
import torch.nn.functional as F

import data
import net
from tokens import Tokens

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {64: 36, 112: 20, 176: 13, 320: 7}  # length: rows; a text waits for the shortest that holds it
LENGTH = max(SHAPES)
PER_STEP = 1  # batches a step and worker, of the shapes with most texts waiting


class Muon:
    """Momentum, then each matrix's step made orthogonal (Newton-Schulz); matrices of one shape go together."""

    def __init__(self, params, lr, decay):
        self.lr, self.decay, groups = lr, decay, {}
        for p in params:
            groups.setdefault(tuple(p.shape), []).append(p)
        self.groups = list(groups.values())
        self.momentum = [torch.zeros(len(g), *g[0].shape) for g in self.groups]

    @torch.no_grad()
    def step(self, rate):
        """Each worker orthogonalises its share of the matrices; the sum over workers brings the steps together."""
        rank, world = dist.get_rank(), dist.get_world_size()
        steps = []
        for g, buf in zip(self.groups, self.momentum):
            grad = torch.stack([p.grad for p in g])
            buf.mul_(0.95).add_(grad)
            x = grad.add(buf, alpha=0.95)[rank::world]
            tall = x.shape[1] > x.shape[2]
            x = x.transpose(1, 2) if tall else x
            x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
            for _ in range(5):
                a = x @ x.transpose(1, 2)
                b = -4.7750 * a + 2.0315 * (a @ a)
                x = 3.4445 * x + b @ x
            x = x.float()
            u = torch.zeros_like(grad)
            u[rank::world] = x.transpose(1, 2) if tall else x
            steps.append(u)
        add_up(steps)
        for g, u in zip(self.groups, steps):
            scale = max(1.0, u.shape[1] / u.shape[2]) ** 0.5
            for p, v in zip(g, u):
                p.mul_(1 - self.lr * rate * self.decay).add_(v, alpha=-self.lr * rate * scale)


def add_up(tensors):
    """Sum over the workers, in place."""
    flat = torch.cat([t.reshape(-1) for t in tensors])
    dist.all_reduce(flat)
    o = 0
    for t in tensors:
        t.copy_(flat[o : o + t.numel()].view_as(t))
        o += t.numel()


def random_strings(r, t):
    """Token strings said two to four times, with other tokens between; to be learned from the second time on."""
    n = r.randrange(3, 16)
    x = [r.randrange(3, 256 + 244) for _ in range(n)]
    ids, weight = [], []
    for i in range(r.choice([2, 2, 3, 4])):
        between = [r.randrange(256, 500) for _ in range(r.randrange(1, 12))]
        ids += between + x
        weight += [0.0] * len(between) + ([0.0] + [1.0] * (n - 1) if i else [0.0] * n)
    return ids, weight


class Batches:
    def __init__(self, tokens, seed, mix, strings=0.0, core=(), p_core=0.0):
        self.r, self.t, self.mix, self.strings, self.core, self.p_core = random.Random(seed), tokens, mix, strings, list(core), p_core
        self.wait = {n: [] for n in SHAPES}

    def put(self, ids, weight):
        for n in SHAPES:
            if len(ids) <= n + 1:
                self.wait[n].append((ids, weight))
                return

    def more(self):
        texts = []
        for _ in range(400):
            if self.r.random() < self.strings:
                self.put(*random_strings(self.r, self.t))
                continue
            texts += self.r.choice(self.core) if self.core and self.r.random() < self.p_core else data.text(data.draw(self.r, self.mix)[1])
        ids = self.t.encode_all(texts)
        for p, c in zip(ids[::2], ids[1::2]):
            self.put(p + c, [0.0] * len(p) + [1.0] * len(c))

    def next(self):
        """(ids, weights), padded on the right: the mask is causal, so what stands behind a text does not reach it."""
        while True:
            n = max(SHAPES, key=lambda k: len(self.wait[k]) / SHAPES[k])
            if len(self.wait[n]) >= 2 * SHAPES[n]:
                break
            self.more()
        self.r.shuffle(self.wait[n])
        x, w = torch.zeros(SHAPES[n], n + 1, dtype=torch.long), torch.zeros(SHAPES[n], n + 1)
        for i in range(SHAPES[n]):
            ids, weight = self.wait[n].pop()
            x[i, : len(ids)], w[i, : len(ids)] = torch.tensor(ids), torch.tensor(weight)
        return x, w


def copy_probe(m, tokens, seed=5, n=50):
    """Share of held-out names, numbers, odd values and random strings that are said again without a fault."""
    r = random.Random(seed)
    cases = []
    for i in range(n):
        s = data.say(r, held=i % 2 == 0) if i % 5 else data.meet(r, held=True)
        cases.append(data.text(dict(s, think=False)))
    stops = {tokens.id["<|im_end|>"]}
    out = net.greedy(m, [tokens.encode(p) for p, _ in cases], stops, 80)
    return sum(tokens.decode(o) == c for o, (_, c) in zip(out, cases)) / n


def main():
    p = argparse.ArgumentParser()
    p.add_argument("run")
    p.add_argument("phase", choices=["copy", "all", "finish"])
    p.add_argument("--steps", type=int, required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--lr", type=float, default=0.02)
    p.add_argument("--adam", type=float, default=0.004)
    p.add_argument("--core", type=float, default=None, help="share of core prompts")
    p.add_argument("--minutes", type=float, default=1e9, help="end (and for finish: let the rate fall) by the clock where that comes before the steps")
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--no-compile", action="store_true")
    a = p.parse_args()
    meet = os.path.join(os.path.abspath(a.run), f"meet-{os.getpid()}")
    torch.multiprocessing.spawn(work, (a, meet), nprocs=a.workers)
    if os.path.exists(meet):
        os.remove(meet)
    if a.phase == "copy" and not os.path.exists(os.path.join(a.run, "copy-passed")):
        sys.exit("the copy probe stayed under 90 %")


def work(rank, a, meet):
    """One worker: one thread, its own texts; gradients are summed over the workers at each step."""
    dist.init_process_group("gloo", init_method="file://" + meet, rank=rank, world_size=a.workers)
    torch.set_num_threads(1)
    say = (lambda *x: print(*x, flush=True)) if rank == 0 else (lambda *x: None)
    torch.manual_seed(a.seed)
    tokens = Tokens(os.path.join(a.run, "tokenizer.json"))
    m = net.Mini(dict(net.CONFIG, vocab=tokens.size))
    state_path = os.path.join(a.run, "state.pt")
    done = 0
    if os.path.exists(state_path):
        s = torch.load(state_path)
        m.load_state_dict(s["model"])
        done = s["steps"]
    else:
        net.start_weights(m)
    say(f"{a.phase}: {sum(x.numel() for x in m.parameters()) / 1e6:.2f} M parameters, {done} steps so far, copy probe {copy_probe(m, tokens) if rank == 0 else 0:.0%}")
    matrices = [x for n, x in m.named_parameters() if x.dim() == 2 and "embed" not in n]
    rest = [x for n, x in m.named_parameters() if x.dim() != 2 or "embed" in n]
    muon, adam = Muon(matrices, a.lr, 0.02), torch.optim.AdamW(rest, lr=a.adam, betas=(0.9, 0.98), weight_decay=0.0)
    if done and "momentum" in s:
        for b, v in zip(muon.momentum, s["momentum"]):
            b.copy_(v)
        adam.load_state_dict(s["adam"])
    from evaluate import core_texts

    core = core_texts() if a.phase != "copy" else []
    share = a.core if a.core is not None else {"copy": 0, "all": 0.08, "finish": 0.2}[a.phase]
    batches = Batches(tokens, (a.seed * 1000 + done) * 16 + rank, data.COPY if a.phase == "copy" else data.ALL, {"copy": 0.25, "all": 0.02, "finish": 0.0}[a.phase], core, share)
    blocks = [b.forward for b in m.blocks]
    torch._dynamo.config.recompile_limit = 64
    if not a.no_compile:
        for b in m.blocks:
            b.forward = torch.compile(b.forward, dynamic=False)
    start, seen, losses, loss_sum = time.time(), 0, [], torch.zeros(1)

    def save():
        if rank:
            return
        torch.save(dict(model=m.state_dict(), steps=done, momentum=muon.momentum, adam=adam.state_dict()), state_path + ".new")
        os.replace(state_path + ".new", state_path)

    for step in range(1, a.steps + 1):
        clock = torch.tensor([(time.time() - start) / 60 / a.minutes])
        dist.broadcast(clock, 0)
        progress = max((step - 1) / a.steps, clock.item())
        if progress >= 1:
            break
        rate = min(1.0, (1 - progress) / 0.75) if a.phase == "finish" else 1.0
        rate *= min(1, (done + 1) / 50)
        parts = [batches.next() for _ in range(PER_STEP)]
        total = torch.tensor([float(sum((w[:, 1:] > 0).sum() for _, w in parts))])
        dist.all_reduce(total)
        for x, w in parts:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                h = m.hidden(x[:, :-1])
                keep = w[:, 1:].reshape(-1) > 0
                logits = F.linear(h.reshape(-1, h.shape[-1])[keep], m.embed.weight)
            loss = F.cross_entropy(logits.float(), x[:, 1:].reshape(-1)[keep], reduction="sum") / total[0]
            loss.backward()
            loss_sum += loss.detach()
            seen += x.numel() * a.workers
        add_up([q.grad for q in m.parameters()] + [loss_sum])
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        muon.step(rate)
        for g in adam.param_groups:
            g["lr"] = a.adam * rate
        adam.step()
        m.zero_grad(set_to_none=True)
        done += 1
        losses.append(loss_sum.item())
        loss_sum.zero_()
        if step % 25 == 0:
            say(f"{a.phase} step {step} ({done}) {time.time() - start:.0f} s, loss {sum(losses) / len(losses):.4f}, {seen / 1e6:.2f} M tokens, {seen / (time.time() - start):.0f} a second")
            losses = []
        flag = torch.tensor([float(rank == 0 and os.path.exists(os.path.join(a.run, "stop")))])
        if step % 5 == 0:
            dist.all_reduce(flag)
        stop = step % 5 == 0 and flag.item() > 0
        if step % 50 == 0 or stop or step == a.steps:
            save()
        if a.phase == "copy" and step % 50 == 0:
            got = torch.tensor([copy_probe_plain(m, blocks, tokens) if rank == 0 else 0.0])
            dist.all_reduce(got)
            say(f"copy probe {got.item():.0%}")
            if got.item() > 0.899 and step >= 150:
                save()
                if rank == 0:
                    open(os.path.join(a.run, "copy-passed"), "w").close()
                break
        if stop:
            if rank == 0:
                os.remove(os.path.join(a.run, "stop"))
            break
    save()
    dist.destroy_process_group()


def copy_probe_plain(m, plain, tokens):
    """The probe with the blocks as written (its shapes vary, so compiling them would cost more than it gives)."""
    compiled = [b.forward for b in m.blocks]
    for b, f in zip(m.blocks, plain):
        b.forward = f
    try:
        return copy_probe(m, tokens)
    finally:
        for b, f in zip(m.blocks, compiled):
            b.forward = f


if __name__ == "__main__":
    main()
