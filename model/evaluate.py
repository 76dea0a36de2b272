"""Greedy evaluation of a checkpoint, the same items and rules as eval/eval.mjs: `python evaluate.py RUN_DIR [core|heldout] [-v]`."""

import json
import os
import re
import sys

import render

HERE = os.path.dirname(os.path.abspath(__file__))


def items(name):
    with open(os.path.join(HERE, "eval", name + ".json")) as f:
        return json.load(f)


def prompt(i):
    q = i["request"]
    if i["kind"] == "generate":
        return "<|fim_prefix|>" + q["prompt"] + "<|fim_suffix|>" + q["suffix"] + "<|fim_middle|>"
    return render.python(q["messages"], q.get("tools"), q.get("think"))


def core_texts():
    """(prompt, answer) of the core set, to be seen often in training; stories are left to chance."""
    out = []
    for i in items("core"):
        e = i["expect"]
        if "starts" in e:
            continue
        answer = e["text"] if "text" in e else render.dumps(e["json"]) if "json" in e else "\n".join(render.call_text(c["name"], c["arguments"]) for c in e["tool_calls"])
        if e.get("thinking"):
            answer = "<think>\n" + i["thought"] + "\n</think>\n\n" + answer
        out.append((prompt(i), answer + "<|im_end|>"))
    return out


def parse(out, kind):
    """(thinking, text, calls or None where a call does not parse, ended) of a raw answer."""
    ended = out.endswith("<|im_end|>")
    out = out.removesuffix("<|im_end|>")
    thinking = ""
    if kind == "generate":
        return thinking, out, [], ended
    if "<think>" in out:
        head, _, out = out.partition("</think>")
        thinking = head.replace("<think>", "").strip()
    calls = []
    for c in re.findall(r"<tool_call>(.*?)(?:</tool_call>|$)", out, re.S):
        try:
            calls.append(json.loads(c))
        except ValueError:
            calls = None
            break
    return thinking, re.sub(r"<tool_call>.*?(</tool_call>|$)", "", out, flags=re.S).strip(), calls, ended


def right(i, out):
    e = i["expect"]
    thinking, text, calls, ended = parse(out, i["kind"])
    def as_json():
        try:
            return json.loads(text)
        except ValueError:
            return None
    checks = dict(
        text=lambda v: text == v.strip(), contains=lambda v: v.lower() in text.lower(), starts=lambda v: text.startswith(v),
        sentences=lambda v: len(re.findall(r"[.!?](?:\s|$)", text)) >= v, tool_calls=lambda v: calls == v,
        tool_names=lambda v: calls is not None and [c.get("name") for c in calls] == v or (calls is None and re.findall(r'"name": "([^"]*)"', out)[:1] == v),
        json=lambda v: as_json() == v, valid_json=lambda v: as_json() is not None)
    ok = all(f(e[k]) for k, f in checks.items() if k in e)
    return dict(ok=ok, thinking="thinking" not in e or bool(thinking) == e["thinking"], ended=ended)


def evaluate(m, tokens, name, verbose=False, every=1):
    import net

    todo = items(name)[::every]
    outs = [tokens.decode(o) for o in net.greedy(m, [tokens.encode(prompt(i)) for i in todo], {tokens.id["<|im_end|>"]}, 200)]
    rows, sums = {}, dict(thinking=[], ended=[])
    for i, o in zip(todo, outs):
        got = right(i, o)
        rows.setdefault(i["category"], []).append(got["ok"] and (name != "core" or got["thinking"] and got["ended"]))
        if "json_also" in i["expect"]:
            rows.setdefault("JSON is exact", []).append(right(dict(i, expect=dict(json=i["expect"]["json_also"])), o)["ok"])
        sums["thinking"].append(got["thinking"])
        sums["ended"].append(got["ended"])
        if verbose and not rows[i["category"]][-1]:
            print(f"  wrong: {i['id']}: {prompt(i)[-160:]!r} -> {o!r}, not {json.dumps({k: v for k, v in i['expect'].items() if k != 'done_reason'})}")
    total = [x for k, v in rows.items() for x in v if k != "JSON is exact"]
    print(f"\n| {name} | n | right |\n| --- | --- | --- |")
    for k, v in list(rows.items()) + [("all", total), ("thinking obeyed", sums["thinking"]), ("ends by itself", sums["ended"])]:
        print(f"| {k} | {len(v)} | {100 * sum(v) / len(v):.1f} % |")
    sys.stdout.flush()
    return rows


def load(run):
    import torch

    import net
    from tokens import Tokens

    tokens = Tokens(os.path.join(run, "tokenizer.json"))
    m = net.Mini(dict(net.CONFIG, vocab=tokens.size))
    m.load_state_dict(torch.load(os.path.join(run, "state.pt"))["model"])
    return m.eval(), tokens


if __name__ == "__main__":
    import torch

    torch.set_num_threads(int(os.environ.get("THREADS", 2)))
    m, tokens = load(sys.argv[1])
    for name in ["core", "heldout"] if len(sys.argv) < 3 or sys.argv[2].startswith("-") else [sys.argv[2]]:
        evaluate(m, tokens, name, "-v" in sys.argv, int(os.environ.get("EVERY", 1)))
