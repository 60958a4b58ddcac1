"""Vectors of models: the mean over a text's tokens, and a server's embeddings."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from julja.builder.encode import open_encoder
from julja.errors import ConfigError, ProviderError

WORDS = ("the", "a", "sort", "list", "of", "numbers", "cake", "with", "cream", "and", "bake")


@pytest.fixture
def model(tmp_path):
    """A small BERT with random but fixed weights, and its tokeniser."""
    torch = pytest.importorskip("torch", reason="needs the hf extra")
    transformers = pytest.importorskip("transformers", reason="needs the hf extra")
    from tokenizers import Tokenizer, models, pre_tokenizers

    names = ["[PAD]", "[UNK]", *WORDS]
    tokenizer = Tokenizer(models.WordLevel({w: n for n, w in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=32
    )
    made.save_pretrained(tmp_path)
    config = transformers.BertConfig(
        vocab_size=len(names),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=32,
    )
    torch.manual_seed(0)
    bert = transformers.BertModel(config).eval()
    bert.save_pretrained(tmp_path)
    return tmp_path, bert, made


def test_a_vector_is_the_mean_of_the_last_hidden_states(model):
    import torch

    folder, bert, tokenizer = model
    texts = ["sort a list of numbers", "bake", "bake a cake with cream and cream and cream"]
    found = open_encoder(f"hf/{folder}", 8, None, 60).encode(texts)
    for text, vector in zip(texts, found, strict=True):
        ids = torch.tensor([tokenizer(text)["input_ids"][:8]])
        with torch.inference_mode():
            mean = bert(input_ids=ids).last_hidden_state[0].mean(dim=0).numpy()
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_the_number_of_tokens_is_part_of_the_identity(model):
    folder, _, _ = model
    short, long = (open_encoder(f"hf/{folder}", tokens, None, 60) for tokens in (8, 999))
    assert short.identity["tokens"] == "8" and long.identity["tokens"] == "32"


class _Server(BaseHTTPRequestHandler):
    fails = 0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if _Server.fails:
            _Server.fails -= 1
            self.send_response(503)
            self.end_headers()
            return
        # In another order than asked: the index says which is which.
        rows = [
            {"index": n, "embedding": [float(len(text)), 1.0]}
            for n, text in enumerate(body["input"])
        ]
        short = rows[::-1] if body["model"] == "good" else rows[:-1]
        data = json.dumps({"data": short, "usage": {"prompt_tokens": 7}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def server():
    """The base URL of a server that embeds a text as (its length, 1)."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}/v1"
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_server_embeds_in_batches_and_is_asked_again(server):
    _Server.fails = 1
    encoder = open_encoder("openai/good", 0, server, 10)
    texts = ["x" * (number + 1) for number in range(300)]
    found = encoder.encode(texts)
    lengths = np.arange(1, 301)
    assert found[:, 0] / found[:, 1] == pytest.approx(lengths, rel=1e-4)
    assert encoder.tokens == 21
    assert "Bearer" not in str(encoder.identity)


def test_a_server_that_leaves_texts_out_is_an_error(server, monkeypatch):
    monkeypatch.setattr("julja.builder.encode.Limiter", lambda n: _Once())
    with pytest.raises(ProviderError, match="2 embeddings for 3 texts"):
        open_encoder("openai/bad", 0, server, 10).encode(["a", "b", "c"])


class _Once:
    async def run(self, call):
        return await call()


@pytest.mark.parametrize("name", ["word2vec", "llamacpp/smollm2", "openai/text-embedding-3-small"])
def test_what_is_no_encoder_or_has_no_key_is_told(name):
    with pytest.raises(ConfigError):
        open_encoder(name, 8, None, 10)
