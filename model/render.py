"""From messages to the text the model sees: chat_template.jinja itself, and the same in plain Python (faster)."""

import json
import os

TEMPLATE = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "chat_template.jinja")).read().rstrip("\n")
NO_THOUGHT = "<think>\n\n</think>\n\n"


def dumps(x, **_):
    return json.dumps(x, ensure_ascii=False)


def jinja(messages, tools=None, think=None):
    from jinja2 import Environment

    env = Environment(trim_blocks=True, lstrip_blocks=True)
    env.filters["tojson"] = dumps
    extra = {} if think is None else {"enable_thinking": think}
    return env.from_string(TEMPLATE).render(messages=messages, tools=tools, add_generation_prompt=True, **extra)


def call_text(name, args):
    return '<tool_call>\n{"name": "' + name + '", "arguments": ' + dumps(args) + "}\n</tool_call>"


def python(messages, tools=None, think=None):
    out = []
    system = messages[0]["content"] if messages[0]["role"] == "system" else None
    if tools or system is not None:
        s = system or ""
        if tools:
            s += "\n\n" if system is not None else ""
            s += "<tools>\n"
            for t in tools:
                f = t["function"]
                s += f["name"] + "(" + ", ".join(f"{k}: {p['type']}" for k, p in f["parameters"]["properties"].items()) + ")"
                s += (": " + f["description"] if f.get("description") else "") + "\n"
            s += "</tools>"
        out.append("<|im_start|>system\n" + s + "<|im_end|>\n")
    for i, m in enumerate(messages):
        role = m["role"]
        if role == "user":
            out.append("<|im_start|>user\n" + m["content"] + "<|im_end|>\n")
        elif role == "assistant":
            calls = [call_text(c["function"]["name"], c["function"]["arguments"]) for c in m.get("tool_calls", [])]
            out.append("<|im_start|>assistant\n" + "\n".join([m["content"]] * bool(m["content"]) + calls) + "<|im_end|>\n")
        elif role == "tool":
            if messages[i - 1]["role"] != "tool":
                out.append("<|im_start|>user")
            out.append("\n<tool_response>\n" + m["content"] + "\n</tool_response>")
            if i + 1 == len(messages) or messages[i + 1]["role"] != "tool":
                out.append("<|im_end|>\n")
    out.append("<|im_start|>assistant\n")
    if think is False:
        out.append(NO_THOUGHT)
    return "".join(out)
