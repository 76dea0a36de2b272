"""Writes a checkpoint as a Hugging Face folder (safetensors, F16) and as GGUF: `python export.py RUN_DIR OUT_DIR OUT.gguf`."""

import json
import os
import shutil
import sys

import gguf
import torch
from safetensors.torch import save_file

import render
from evaluate import load
from tokens import SHOWN, SPECIAL

NAME = "cria-mini"
PARTS = [("input_norm", "input_layernorm", "attn_norm"), ("post_norm", "post_attention_layernorm", "ffn_norm"),
         ("q_norm", "self_attn.q_norm", "attn_q_norm"), ("k_norm", "self_attn.k_norm", "attn_k_norm"),
         ("q", "self_attn.q_proj", "attn_q"), ("k", "self_attn.k_proj", "attn_k"), ("v", "self_attn.v_proj", "attn_v"), ("o", "self_attn.o_proj", "attn_output"),
         ("gate", "mlp.gate_proj", "ffn_gate"), ("up", "mlp.up_proj", "ffn_up"), ("down", "mlp.down_proj", "ffn_down")]


def safetensors(m, tokens, run, out):
    os.makedirs(out, exist_ok=True)
    c, sd = m.c, m.state_dict()
    t = {"model.embed_tokens.weight": sd["embed.weight"], "model.norm.weight": sd["norm.weight"]}
    for i in range(c["layers"]):
        for ours, theirs, _ in PARTS:
            t[f"model.layers.{i}.{theirs}.weight"] = sd[f"blocks.{i}.{ours}.weight"]
    save_file({k: v.to(torch.float16).contiguous() for k, v in t.items()}, os.path.join(out, "model.safetensors"), {"format": "pt"})
    eos, pad = tokens.id["<|im_end|>"], tokens.id["<|endoftext|>"]

    def put(name, x):
        with open(os.path.join(out, name), "w") as f:
            json.dump(x, f, indent=2, ensure_ascii=False)
            f.write("\n")

    os.chmod(os.path.join(out, "model.safetensors"), 0o644)
    put("config.json", {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": c["vocab"], "hidden_size": c["width"], "intermediate_size": c["ff"],
        "num_hidden_layers": c["layers"], "num_attention_heads": c["heads"], "num_key_value_heads": c["heads"], "head_dim": c["head_dim"],
        "hidden_act": "silu", "max_position_embeddings": c["context"], "rms_norm_eps": c["eps"], "rope_theta": c["rope_theta"], "rope_scaling": None,
        "tie_word_embeddings": True, "attention_bias": False, "attention_dropout": 0.0, "initializer_range": 0.02, "use_cache": True,
        "use_sliding_window": False, "sliding_window": None, "bos_token_id": None, "eos_token_id": eos, "pad_token_id": pad, "torch_dtype": "float16"})
    put("generation_config.json", {"eos_token_id": [eos, pad], "pad_token_id": pad, "temperature": 0.0, "do_sample": False})
    put("tokenizer_config.json", {
        "tokenizer_class": "Qwen2Tokenizer", "add_bos_token": False, "add_prefix_space": False, "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "unk_token": None, "model_max_length": c["context"], "clean_up_tokenization_spaces": False, "errors": "replace", "split_special_tokens": False,
        "added_tokens_decoder": {str(tokens.id[s]): dict(content=s, lstrip=False, normalized=False, rstrip=False, single_word=False, special=s not in SHOWN) for s in SPECIAL},
        "chat_template": render.TEMPLATE})
    with open(os.path.join(out, "chat_template.jinja"), "w") as f:
        f.write(render.TEMPLATE)
    shutil.copy(os.path.join(run, "tokenizer.json"), os.path.join(out, "tokenizer.json"))


def write_gguf(m, tokens, run, out, quant="q8_0"):
    c, sd = m.c, m.state_dict()
    w = gguf.GGUFWriter(out, "qwen3")
    w.add_name(NAME)
    w.add_basename(NAME)
    w.add_description("A very small model made by the cria project for first runs and tests")
    w.add_license("mit")
    w.add_size_label("3.4M")
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if quant == "q8_0" else gguf.LlamaFileType.MOSTLY_F16)
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    w.add_context_length(c["context"])
    w.add_embedding_length(c["width"])
    w.add_block_count(c["layers"])
    w.add_feed_forward_length(c["ff"])
    w.add_head_count(c["heads"])
    w.add_head_count_kv(c["heads"])
    w.add_key_length(c["head_dim"])
    w.add_value_length(c["head_dim"])
    w.add_rope_freq_base(c["rope_theta"])
    w.add_layer_norm_rms_eps(c["eps"])
    tj = json.load(open(os.path.join(run, "tokenizer.json")))
    words = [None] * c["vocab"]
    types = [gguf.TokenType.NORMAL] * c["vocab"]
    for s, i in tj["model"]["vocab"].items():
        words[i] = s
    for t in tj["added_tokens"]:
        words[t["id"]] = t["content"]
        types[t["id"]] = gguf.TokenType.CONTROL if t["special"] else gguf.TokenType.USER_DEFINED
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(words)
    w.add_token_types(types)
    w.add_token_merges([" ".join(x) for x in tj["model"]["merges"]])
    w.add_eos_token_id(tokens.id["<|im_end|>"])
    w.add_pad_token_id(tokens.id["<|endoftext|>"])
    w.add_bos_token_id(tokens.id["<|endoftext|>"])
    w.add_add_bos_token(False)
    for k in ("pre", "suf", "mid"):
        name = {"pre": "<|fim_prefix|>", "suf": "<|fim_suffix|>", "mid": "<|fim_middle|>"}[k]
        w.add_uint32(f"tokenizer.ggml.fim_{k}_token_id", tokens.id[name])
    w.add_chat_template(render.TEMPLATE)
    kind = gguf.GGMLQuantizationType.Q8_0 if quant == "q8_0" else gguf.GGMLQuantizationType.F16

    def put(name, x):
        x = x.float().numpy()
        if x.ndim == 1:
            w.add_tensor(name, x)
        else:
            q = gguf.quants.quantize(x, kind)
            w.add_tensor(name, q, raw_dtype=kind)

    put("token_embd.weight", sd["embed.weight"])
    put("output_norm.weight", sd["norm.weight"])
    for i in range(c["layers"]):
        for ours, _, theirs in PARTS:
            put(f"blk.{i}.{theirs}.weight", sd[f"blocks.{i}.{ours}.weight"])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


if __name__ == "__main__":
    run, folder, file = sys.argv[1:4]
    m, tokens = load(run)
    assert len(json.load(open(os.path.join(run, "tokenizer.json")))["model"]["vocab"]) + len(SPECIAL) == m.c["vocab"]
    safetensors(m, tokens, run, folder)
    write_gguf(m, tokens, run, file, sys.argv[4] if len(sys.argv) > 4 else "q8_0")
    print({f: os.path.getsize(os.path.join(folder, f)) for f in sorted(os.listdir(folder))}, os.path.getsize(file))
