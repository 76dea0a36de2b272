"""Makes random LoRA adapters of the tiny models under src/convert/testdata and what transformers computes with them.

Development only: python scripts/adapter-reference.py [family ...]
Needs torch, transformers, peft. Weights come from fixed seeds, so a run changes nothing unless a family or a library has
changed.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

TESTDATA = Path(__file__).resolve().parent.parent / "src/convert/testdata"
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
FEED_FORWARD = ["gate_proj", "up_proj", "down_proj"]
EVERYTHING = ATTENTION + FEED_FORWARD

FAMILIES = {
    "llama": dict(target_modules=EVERYTHING + ["lm_head"], lora_alpha=8),
    "llama-bias": dict(
        target_modules=EVERYTHING + ["embed_tokens"],
        lora_alpha=3,
        use_rslora=True,
        rank_pattern={"v_proj": 2},
        alpha_pattern={"layers.1.self_attn.k_proj": 5},
    ),
    "mistral": dict(target_modules=["q_proj", "v_proj"], lora_alpha=16),
    "mixtral": dict(target_modules=ATTENTION, lora_alpha=8),
    "qwen2": dict(target_modules=EVERYTHING, lora_alpha=8),
    "qwen3": dict(target_modules=EVERYTHING, lora_alpha=8),
    "qwen3moe": dict(target_modules=ATTENTION, lora_alpha=8),
    "gemma": dict(target_modules=EVERYTHING, lora_alpha=4),
    "gemma2": dict(target_modules=EVERYTHING, lora_alpha=4),
    "gemma3": dict(target_modules=EVERYTHING, lora_alpha=4),
    "phi3": dict(target_modules=["qkv_proj", "o_proj", "gate_up_proj", "down_proj"], lora_alpha=8),
}
DTYPES = {"llama": torch.bfloat16, "mistral": torch.float16}


def make(name, options):
    folder = TESTDATA / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    base = transformers.AutoModelForCausalLM.from_pretrained(TESTDATA / "models" / name, dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(r=4, **options)).eval()
    generator = torch.Generator().manual_seed(4)
    dtype = DTYPES.get(name, torch.float32)
    with torch.no_grad():
        # peft begins with B = 0, which changes nothing. Rounded as they will be in the file.
        for key, parameter in sorted(model.named_parameters()):
            if "lora_" in key:
                noise = torch.empty_like(parameter).normal_(0, 0.1, generator=generator)
                parameter.data = noise.to(dtype).to(torch.float32)
        tokens = torch.randint(5, 290, (16,), generator=torch.Generator().manual_seed(3))
        logits = model(tokens[None]).logits[0]
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_model.safetensors"
    tensors = {key: tensor.to(dtype).contiguous() for key, tensor in sorted(load_file(path).items())}
    save_file(tensors, path, metadata={"format": "pt"})
    path.chmod(0o644)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = name
    config["target_modules"] = sorted(config["target_modules"])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    expected = {
        "tokens": tokens.tolist(),
        "logits": {str(i): [round(float(value), 5) for value in logits[i]] for i in (0, 15)},
    }
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


wanted = sys.argv[1:]
for family, settings in FAMILIES.items():
    if not wanted or family in wanted:
        make(family, settings)
        print(family)
