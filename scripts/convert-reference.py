"""Makes the tiny random models under src/convert/testdata and what the transformers library computes with them.

Development only: python scripts/convert-reference.py [family ...]
Needs torch, transformers, tokenizers, sentencepiece, protobuf. Weights come from fixed seeds, so a run changes nothing unless a
family or a library has changed.
"""

import io
import json
import shutil
import sys
import tempfile
from pathlib import Path

import sentencepiece
import torch
import transformers
from safetensors.torch import load_file, save_file
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = Path(__file__).resolve().parent.parent / "src/convert/testdata/models"
CORPUS = [
    "A cria is a young llama. It has been born in the mountains, and it's 12 days old!",
    "Let's see: 3.14 is about 22/7; the year 2024 had 366 days, didn't it?",
    "    def add(a, b):\n        return a + b\n\n\nprint(add(1, 2))",
    "Grüße aus Köln – naïve café, 東京 and Привет.",
    "we'll they've I'M you'D the THE quick brown fox jumps over the lazy dog",
] * 4
TEXTS = [
    "Hello world, it's 2024!",
    "  two  spaces\n\nand a tab\t.",
    "Grüße 12345 naïve 🦙",
    "def f(x):\n    return x",
]

QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")


def byte_level(pattern, special, bos=None, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(special)
    if bos is not None:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[bos, "$A"], pair=[bos, "$A", bos, "$B"], special_tokens=[(bos, tokenizer.token_to_id(bos))]
        )
    return tokenizer


def save_byte_level(folder, tokenizer, **special):
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **special})
    return lambda text: tokenizer.encode(text).ids


def sentence_piece(folder, prefix, keep_json=False, keep_model=True, bos=True):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_writer=model,
        model_type="bpe",
        vocab_size=400,
        byte_fallback=True,
        add_dummy_prefix=prefix,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        split_digits=True,
        allow_whitespace_only_pieces=True,
        character_coverage=0.98,
        pad_id=-1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    if keep_model:
        (folder / "tokenizer.model").write_bytes(model.getvalue())
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "LlamaTokenizer", "add_bos_token": bos, "bos_token": "<s>", "eos_token": "</s>"},
    )
    if keep_json:
        spaced_json(folder, processor)
    return lambda text: ([processor.bos_id()] if bos else []) + processor.encode(text)


def spaced_json(folder, processor):
    """The same tokenizer as tokenizer.json has it: merges in the order of SentencePiece's scores."""
    vocab = {processor.id_to_piece(i): i for i in range(processor.get_piece_size())}
    merges = []
    for piece, i in vocab.items():
        if processor.is_byte(i) or processor.is_control(i) or processor.is_unknown(i):
            continue
        for at in range(1, len(piece)):
            if piece[:at] in vocab and piece[at:] in vocab:
                merges.append((-processor.get_score(i), vocab[piece[:at]], vocab[piece[at:]], piece[:at], piece[at:]))
    merges.sort()
    tokenizer = Tokenizer(
        models.BPE(vocab=vocab, merges=[(a, b) for *_, a, b in merges], byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.save(str(folder / "tokenizer.json"))


def word_piece(folder):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.WordPieceTrainer(
            vocab_size=300, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": True,
            **{f"{role}_token": f"[{role.upper()}]" for role in ("pad", "unk", "cls", "sep", "mask")},
        },
    )
    return lambda text: tokenizer.encode(text).ids


def unigram(folder):
    """As the fast tokenizer of XLM-RoBERTa is made of a SentencePiece model."""
    model = io.BytesIO()
    # The real table of characters takes 300 KB; this one makes spaces of tabs and line feeds and takes ligatures apart.
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write("9\t20\nA\t20\nFB01\t66 69\n")
        rules.flush()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS),
            model_writer=model,
            model_type="unigram",
            vocab_size=95,
            normalization_rule_tsv=rules.name,
            minloglevel=2,
        )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    pieces = [(piece.piece, piece.score) for piece in proto.pieces[3:]]
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces, ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3))
    tokenizer.normalizer = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    roles = dict(bos="<s>", eos="</s>", sep="</s>", cls="<s>", unk="<unk>", pad="<pad>", mask="<mask>")
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "XLMRobertaTokenizer", **{f"{role}_token": text for role, text in roles.items()}},
    )
    return (lambda text: tokenizer.encode(text).ids), len(vocab)


SMALL = dict(
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=256,
)


def qwen(folder):
    tokenizer = byte_level(QWEN, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.normalizer = normalizers.NFC()
    encode = save_byte_level(folder, tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>", add_bos_token=False)
    return encode, tokenizer.get_vocab_size() + 5  # rows without a token, as real models have them


def llama3(folder):
    tokenizer = byte_level(CL100K, ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"], "<|begin_of_text|>", True)
    encode = save_byte_level(folder, tokenizer, bos_token="<|begin_of_text|>", eos_token="<|eot_id|>")
    return encode, tokenizer.get_vocab_size()


def families():
    t = transformers
    yield "qwen3", torch.bfloat16, qwen, lambda n: t.Qwen3ForCausalLM(
        t.Qwen3Config(vocab_size=n, head_dim=16, tie_word_embeddings=True, **SMALL)
    )
    yield "qwen2", torch.float16, qwen, lambda n: t.Qwen2ForCausalLM(
        t.Qwen2Config(vocab_size=n, tie_word_embeddings=False, **SMALL)
    )
    rope = dict(
        rope_type="llama3",
        rope_theta=500000.0,
        factor=8.0,
        low_freq_factor=1.0,
        high_freq_factor=4.0,
        original_max_position_embeddings=64,
    )
    yield "llama", torch.bfloat16, llama3, lambda n: t.LlamaForCausalLM(
        t.LlamaConfig(vocab_size=n, rope_parameters=rope, **SMALL)
    )
    yield "llama-bias", torch.float32, lambda f: (sentence_piece(f, True, keep_json=True, keep_model=False), 400), (
        lambda n: t.LlamaForCausalLM(t.LlamaConfig(vocab_size=n, attention_bias=True, mlp_bias=True, **SMALL))
    )
    yield "mistral", torch.bfloat16, lambda f: (sentence_piece(f, True), 400), lambda n: t.MistralForCausalLM(
        t.MistralConfig(vocab_size=n, sliding_window=None, **SMALL)
    )
    yield "mixtral", torch.bfloat16, lambda f: (sentence_piece(f, True), 400), lambda n: t.MixtralForCausalLM(
        t.MixtralConfig(vocab_size=n, num_local_experts=4, num_experts_per_tok=2, sliding_window=None, **SMALL)
    )
    gemma = dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=8)
    yield "gemma2", torch.bfloat16, lambda f: (sentence_piece(f, False), 400), lambda n: t.Gemma2ForCausalLM(
        t.Gemma2Config(vocab_size=n, **gemma, **SMALL)
    )
    yield "gemma3", torch.bfloat16, lambda f: (sentence_piece(f, False), 400), lambda n: t.Gemma3ForCausalLM(
        t.Gemma3TextConfig(vocab_size=n, **gemma, **{**SMALL, "num_hidden_layers": 7})
    )
    yield "phi3", torch.bfloat16, lambda f: (sentence_piece(f, True), 400), lambda n: t.Phi3ForCausalLM(
        t.Phi3Config(vocab_size=n, pad_token_id=0, bos_token_id=1, eos_token_id=2, sliding_window=None, **SMALL)
    )
    yield "gemma", torch.bfloat16, lambda f: (sentence_piece(f, False), 400), lambda n: t.GemmaForCausalLM(
        t.GemmaConfig(vocab_size=n, head_dim=16, **SMALL)
    )
    yarn = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=64)
    yield "qwen3-yarn", torch.bfloat16, qwen, lambda n: t.Qwen3ForCausalLM(
        t.Qwen3Config(vocab_size=n, head_dim=16, tie_word_embeddings=True, rope_parameters=yarn, **SMALL)
    )
    experts = dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, norm_topk_prob=True)
    yield "qwen3moe", torch.bfloat16, qwen, lambda n: t.Qwen3MoeForCausalLM(
        t.Qwen3MoeConfig(vocab_size=n, head_dim=16, **experts, **SMALL)
    )
    yield "qwen3-fp8", torch.bfloat16, qwen, lambda n: t.Qwen3ForCausalLM(
        t.Qwen3Config(vocab_size=n, head_dim=16, tie_word_embeddings=True, **SMALL)
    )
    linear = dict(rope_type="linear", rope_theta=10000.0, factor=2.0)
    yield "llama-linear", torch.bfloat16, lambda f: (sentence_piece(f, True), 400), lambda n: t.LlamaForCausalLM(
        t.LlamaConfig(vocab_size=n, rope_parameters=linear, tie_word_embeddings=True, **SMALL)
    )
    # llama.cpp chooses the long factors by the size of the context (256 cells in the tests), transformers by the length of the text.
    for name, original in (("phi3-short", 256), ("phi3-long", 16)):
        longrope = dict(
            rope_type="longrope",
            rope_theta=10000.0,
            partial_rotary_factor=0.75,
            original_max_position_embeddings=original,
            short_factor=[1.0, 1.25, 1.5],
            long_factor=[1.5, 3.0, 6.0],
        )
        yield name, torch.bfloat16, lambda f: (sentence_piece(f, True), 400), lambda n, rope=longrope: t.Phi3ForCausalLM(
            t.Phi3Config(
                vocab_size=n,
                pad_token_id=0,
                bos_token_id=1,
                eos_token_id=2,
                sliding_window=None,
                rope_parameters=rope,
                original_max_position_embeddings=rope["original_max_position_embeddings"],
                **{**SMALL, "max_position_embeddings": 512},
            )
        )
    yield "bert", torch.float16, lambda f: (word_piece(f), 300), lambda n: t.BertModel(
        t.BertConfig(
            vocab_size=n,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=64,
        )
    )
    yield "nomic-bert", torch.bfloat16, lambda f: (word_piece(f), 300), lambda n: t.NomicBertModel(
        t.NomicBertConfig(
            vocab_size=n,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=64,
        )
    )
    xlm = dict(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=66,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    )
    yield "xlm-roberta", torch.bfloat16, unigram, lambda n: t.XLMRobertaModel(t.XLMRobertaConfig(vocab_size=n, **xlm))
    yield "xlm-roberta-rank", torch.bfloat16, unigram, lambda n: t.XLMRobertaForSequenceClassification(
        t.XLMRobertaConfig(vocab_size=n, num_labels=1, **xlm)
    )


ENCODERS = ("bert", "nomic-bert", "xlm-roberta", "xlm-roberta-rank")


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def randomize(model, generator, deviation):
    """The library's own initialisation leaves norms at 1 and biases at 0, which would hide mistakes."""
    for name, parameter in model.named_parameters():
        noise = torch.empty_like(parameter).normal_(0, deviation, generator=generator)
        is_norm = "norm" in name.lower() and name.endswith("weight")
        offset = 0.0 if not is_norm or float(parameter.detach().mean()) == 0.0 else 1.0
        parameter.data = noise + offset


def make(name, dtype, tokenizer, build):
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    encode, vocab_size = tokenizer(folder)
    torch.manual_seed(1)
    model = build(vocab_size).eval()
    with torch.no_grad():
        # ggml has a table of half precision for Gemma's activation function: small values keep its error small.
        randomize(model, torch.Generator().manual_seed(2), 0.07 if "gemma" in name else 0.15)
        model = model.to(dtype)
        model.save_pretrained(folder, max_shard_size="30KB" if name == "qwen2" else "5GB")
        # Loaded anew: a model that was cast has lost precision in the frequencies of its rotations as well.
        model = type(model).from_pretrained(folder, dtype=torch.float32).eval()
        if name.endswith("-fp8"):
            model.load_state_dict(to_fp8(folder), strict=False)
        tokens = torch.randint(5, min(290, vocab_size - 5), (24,), generator=torch.Generator().manual_seed(3))
        output = model(tokens[None])
        rows = output.logits[0] if "logits" in output else output.last_hidden_state[0]
    expected = {
        "tokens": tokens.tolist(),
        "texts": [{"text": text, "tokens": encode(text)} for text in TEXTS],
    }
    if name in ENCODERS:
        expected["embedding"] = rounded(rows.mean(0) if rows.dim() == 2 else rows)
        (folder / "1_Pooling").mkdir()
        write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True})
        write_json(
            folder / "modules.json",
            [
                {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
            ],
        )
    else:
        expected["logits"] = {str(i): rounded(rows[i]) for i in (0, 11, 23)}
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
    (folder / "generation_config.json").unlink(missing_ok=True)


def to_fp8(folder, size=16):
    """Stores the projections in 8 bits with a scale for every block, as published folders do; returns the values that they mean."""
    path = folder / "model.safetensors"
    tensors, meant = load_file(path), {}
    for name, weight in list(tensors.items()):
        if not name.endswith("_proj.weight"):
            continue
        rows, columns = weight.shape
        blocks = weight.float().reshape(rows // size, size, columns // size, size)
        scales = blocks.abs().amax(dim=(1, 3)) / 448
        codes = (blocks / scales[:, None, :, None]).to(torch.float8_e4m3fn)
        tensors[name] = codes.reshape(rows, columns)
        tensors[f"{name}_scale_inv"] = scales
        meant[name] = (codes.float() * scales[:, None, :, None]).reshape(rows, columns)
    save_file(tensors, path, metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {
        "activation_scheme": "dynamic",
        "fmt": "e4m3",
        "quant_method": "fp8",
        "weight_block_size": [size, size],
    }
    write_json(folder / "config.json", config)
    return meant


def rounded(values):
    return [round(float(value), 5) for value in values]


wanted = sys.argv[1:]
for family in families():
    if not wanted or family[0] in wanted:
        make(*family)
        print(family[0])
