"""Writes eval/core.json (prompts of the training text) and eval/heldout.json (wordings, frames and values it never has)."""

import json
import os
import random

import data
from data import *

HERE = os.path.dirname(os.path.abspath(__file__))
THINK = [False, True, None]


def item(id_, category, s, think, expect):
    """One request as Ollama's API takes it, and what must come back."""
    if "prompt" in s:
        return dict(id=id_, category=category, kind="generate", request=dict(prompt=s["prompt"], suffix=s["suffix"]), expect=dict(expect, done_reason="stop"))
    request = dict(messages=s["messages"])
    if s["tools"]:
        request["tools"] = s["tools"]
    if think is not None:
        request["think"] = think
    return dict(id=id_, category=category, kind="chat", request=request, expect=dict(expect, thinking=think is not False, done_reason="stop"))


def whole(s):
    """Expect the answer to the letter."""
    if "prompt" in s:
        return dict(text=s["middle"])
    if s["calls"]:
        return dict(tool_calls=[dict(name=n, arguments=a) for n, a in s["calls"]])
    return dict(text=s["answer"], tool_calls=[])


def core():
    r = random.Random(2024)
    out, n = [], 0

    def add(category, s, think="turn", **kw):
        nonlocal n
        n += 1
        think = THINK[n % 3] if think == "turn" else think
        i = item(f"{category}-{n}", category, s, think, kw or whole(s))
        if "messages" in s:
            i["thought"] = s["thought"]
        out.append(i)

    def ask(q, thought, a, **kw):
        return sample(r, [user(q)], thought, a, **kw)

    for k in KNOWLEDGE:
        goals, questions, _, _ = WORDING[k]
        q = f"How do I {goals[0]}?" if len(out) % 3 or not questions else questions[0]
        add("cria", ask(q, cria_thought(k), KNOWLEDGE[k]["answer"]))
    for think in THINK:
        add("cria", ask("How do I download a model?", cria_thought("pull"), KNOWLEDGE["pull"]["answer"]), think)
        add("cria", ask("What is cria?", cria_thought("what"), KNOWLEDGE["what"]["answer"]), think)
        add("talk", ask("hello", "This is a greeting.", "Hello! How can I help you?"), think)
        add("talk", ask("Who are you?", cria_thought("who"), KNOWLEDGE["who"]["answer"]), think)
    for q, a, t in TALK:
        add("talk", ask(q[1 if q[0] == "hello" else 0], t, a))
    for i in range(0, len(FACTS), 3):
        q, a, t = FACTS[i]
        add("fact", ask(q[0], t, a))
    for w in ("Hello world", "cria is small", "one two three"):
        add("say", ask(f"Say {w}." if w != "one two three" else f"Repeat after me: {w}", "I repeat the words.", w))
    for name in SEEN["PERSON"][:3]:
        add("say", ask(f"My name is {name}.", f"The user is {name}.", f"Nice to meet you, {name}!"))
    for x, op, y in [(2, "+", 2), (3, "+", 4), (7, "-", 5), (6, "*", 7), (12, "+", 30), (25, "+", 17), (40, "-", 12), (9, "*", 9), (58, "+", 6), (77, "-", 19), (5, "+", 5), (10, "+", 10)]:
        th, a = work(x, op, y)
        add("arithmetic", ask(f"What is {x} {op} {y}?", th, a))
    for kind, make, count in (("context", context, 8), ("summary", summary, 5), ("context", pick, 4), ("system", style, 10), ("turns", remember, 10), ("turns", second_question, 3)):
        for _ in range(count):
            add(kind, make(r))
    add("turns", sample(r, [user("My name is Tom."), assistant("Nice to meet you, Tom!"), user("What is my name?")], "The user is Tom.", "Your name is Tom."), False)
    add("system", sample(r, [user("hello")], "I answer in upper case.", "HELLO! HOW CAN I HELP YOU?", system="Answer in upper case."), False)
    add("system", sample(r, [user("hello")], "I answer like a pirate.", "Arr! Hello! How can I help you? Ahoy!", system="Talk like a pirate."), False)
    for a in ("fox", "llama", "owl", "bear", "frog"):
        a = a if a in SEEN["ANIMAL"] else r.choice(SEEN["ANIMAL"])
        add("story", ask(f"Tell me a story about a {a}.", f"A short story about a {a}.", ""), starts=f"Once there was a {a} named ", sentences=5)
    for _ in range(10):
        s = as_json(r)
        add("json", s, json=json.loads(s["answer"]))
    s = ask("List three colours in JSON.", "The answer is JSON.", dumps({"colours": ["red", "green", "blue"]}))
    add("json", s, False, json=json.loads(s["answer"]))
    got = set()
    while len(got) < 12:
        s = code(r)
        if text(s)[0] not in got:
            got.add(text(s)[0])
            add("fill-in", s)
    weather = declare("get_weather", "Get the current weather for a city", {"city": "string"})
    plus = declare("add_numbers", "Add two numbers", {"a": "integer", "b": "integer"})
    city = [c for c in ("Paris", "London", "Berlin", "Tokyo", "Madrid", "Rome", "Vienna") if c in SEEN["CITY"]]
    for think in THINK:
        add("tool", ask(f"What is the weather in {city[0]}?", "I will call get_weather.", "", tools=[weather], calls=[("get_weather", {"city": city[0]})]), think)
        add("tool", ask("What is 12 + 30?", "I will call add_numbers.", "", tools=[weather, plus], calls=[("add_numbers", {"a": 12, "b": 30})]), think)
        add("two tools", ask(f"What is the weather in {city[0]} and {city[1]}?", "I need two calls.", "", tools=[weather],
                             calls=[("get_weather", {"city": city[0]}), ("get_weather", {"city": city[1]})]), think)
    first = [user(f"What is the weather in {city[0]}?"), assistant("", [("get_weather", {"city": city[0]})]),
             {"role": "tool", "content": '{"temperature": 21, "condition": "sunny"}', "tool_name": "get_weather"}]
    for think in THINK:
        add("tool result", sample(r, first, "The tool has answered.", f"It is sunny in {city[0]}, 21 degrees.", tools=[weather]), think)
    for t in TOOLS:
        d, q, c, _, _ = known(r, t, plain=True)
        add("tool", ask(q, f"I will call {c[0]}.", "", tools=fill(r, [d], r.choice([1, 2, 3, 4]), 0.2, plain=True), calls=[c]))
    for _ in range(6):
        d, q, c, _, _ = made_up(r)
        add("tool", ask(q, f"I will call {c[0]}.", "", tools=fill(r, [d], r.choice([1, 2, 3]), 0.5), calls=[c]))
    for make, count, name in ((two_calls, 5, "two tools"), (tool_result, 9, "tool result"), (two_results, 2, "tool result"), (next_call, 4, "tool"), (no_call, 6, "no tool")):
        for _ in range(count):
            add(name, make(r))
    return out


def heldout():
    r = random.Random(77)
    out = []

    def add(category, s, think=False, **kw):
        out.append(item(f"{category}-{len(out) + 1}", category, s, think, kw or whole(s)))

    def mode():
        return r.choice([False, False, True, None])

    names = list(KNOWLEDGE)
    for k in names:
        goals = WORDING[k][0]
        for f in r.sample(HELD_FRAMES, 2):
            if goals:
                add("known question, new frame", sample(r, [user(in_frame(f, r.choice(goals)))], "", ""), mode(), contains=KNOWLEDGE[k]["key"], tool_calls=[])
    for k in names:
        _, _, goals, questions = WORDING[k]
        for q in [in_frame(f, g) for g in goals for f in r.sample(FRAMES[:12], 2)] + questions:
            add("new wording", sample(r, [user(q)], "", ""), mode(), contains=KNOWLEDGE[k]["key"], tool_calls=[])
    for _ in range(80):
        s = as_json(r, held=True)
        add("JSON is valid", s, mode(), valid_json=True, json_also=json.loads(s["answer"]))
    for _ in range(80):
        d, q, c, _, _ = known(r, held=True, plain=True)
        add("right tool of 3 or 4", turn(r, q, "", "", tools=fill(r, [d], r.choice([3, 4]), 0.0, plain=True), p_system=0), mode(), tool_names=[c[0]])
    for _ in range(120):
        d, q, c, _, _ = known(r, held=True, plain=True)
        add("known tool, unseen values", turn(r, q, "", "", tools=fill(r, [d], r.choice([1, 1, 2, 3]), 0.2, plain=True), calls=[c], p_system=0), mode())
    for _ in range(50):
        d, q, c, _, _ = made_up(r, held=True)
        add("unseen tool, unseen values", turn(r, q, "", "", tools=fill(r, [d], r.choice([1, 2, 3]), 0.2), calls=[c], p_system=0), mode())
    for _ in range(40):
        s = two_calls(r, held=True)
        if len(s["calls"]) == 2:
            add("two calls, unseen values", s, mode())
    for _ in range(40):
        k = r.choice([k for k in names if WORDING[k][0]])
        s = sample(r, [user(in_frame(r.choice(HELD_FRAMES), r.choice(WORDING[k][0])))], "", "", tools=fill(r, [known(r, plain=True)[0]], 2, 0.2, plain=True))
        add("no tool needed", s, mode(), contains=KNOWLEDGE[k]["key"], tool_calls=[])
    for name, make, count in (("tool result, unseen values", tool_result, 50), ("question on a text, unseen values", context, 50), ("summary, unseen values", summary, 25),
                              ("earlier turn, unseen values", remember, 40), ("repeat unseen words", say, 40), ("arithmetic, unseen pairs", arithmetic, 60)):
        for _ in range(count):
            s = make(r, held=True)
            add(name, s, True if make is arithmetic and r.random() < 0.7 else mode())
    for q, a, _ in TALK + FACTS:
        add("small talk and facts, new wording", sample(r, [user(q[-1])], "", ""), mode(), text=a)
    for _ in range(40):
        add("fill-in, new names", code(r))
    for _ in range(12):
        a = r.choice(HELD["ANIMAL"])
        add("story, unseen animal", sample(r, [user(f"Tell me a story about a {a}.")], "", ""), mode(), starts=f"Once there was a {a} named ", sentences=5)
    return out


if __name__ == "__main__":
    for name, items in (("core", core()), ("heldout", heldout())):
        with open(os.path.join(HERE, "eval", name + ".json"), "w") as f:
            f.write("[\n" + ",\n".join(dumps(i) for i in items) + "\n]\n")
        counts = {}
        for i in items:
            counts[i["category"]] = counts.get(i["category"], 0) + 1
        print(name, len(items), counts)
