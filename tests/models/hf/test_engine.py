"""`hf/…` as an engine: what is asked of it, what it answers, and what it says of itself."""

import asyncio
import math

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from julja.errors import ConfigError, ProviderError
from julja.models.registry import EngineOptions, open_engine
from julja.signature import request_key
from julja.types import Decoding, Message, Prompt, Request

from .conftest import make_model, make_tokenizer


def prompt(text: str) -> Prompt:
    return Prompt((Message("user", text),))


def engine_of(folder, **extra):
    return open_engine(f"hf/{folder}", EngineOptions(extra={"chat": "false", **extra}))


def ask_all(engine, requests):
    async def collect():
        found = [None] * len(requests)
        async for index, answer in engine.ask_many(requests):
            assert found[index] is None
            found[index] = answer
        await engine.close()
        return found

    return asyncio.run(collect())


def plain_total(folder, context: str, continuation: str, *, special: bool = True) -> float:
    """The log-likelihood of a continuation by the model's own forward, one sequence at a time."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    before = tokenizer(context, add_special_tokens=special).input_ids
    ids = tokenizer(context + continuation, add_special_tokens=special).input_ids
    with torch.inference_mode():
        logits = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(float(logits[i - 1, ids[i]]) for i in range(len(before), len(ids)))


def test_ranking_with_contexts_of_their_own_and_against_nothing(tiny_llama) -> None:
    requests = [
        Request("rank", prompt("Question: what is measured?\nAnswer:"), choices=(" the dog", " A")),
        Request(
            "rank",
            prompt("The child "),
            choices=(" the door", " the door"),
            contexts=("measures", "is"),
            unconditional="Answer:",
        ),
    ]
    first, second = ask_all(engine_of(tiny_llama), requests)
    assert [c.text for c in first.choices] == [" the dog", " A"]
    for choice in first.choices:
        wanted = plain_total(tiny_llama, requests[0].prompt.text, choice.text)
        assert choice.loglikelihood == pytest.approx(wanted, abs=1e-4)
        assert choice.unconditional is None
    for i, context in enumerate(("The child measures", "The child is")):
        wanted = plain_total(tiny_llama, context, " the door")
        assert second.choices[i].loglikelihood == pytest.approx(wanted, abs=1e-4)
    alone = plain_total(tiny_llama, "Answer:", " the door")
    assert second.choices[0].unconditional == pytest.approx(alone, abs=1e-4)
    assert first.usage.input_tokens and first.seconds is not None


def test_letters_add_both_of_their_tokens(tiny_llama) -> None:
    (response,) = ask_all(
        engine_of(tiny_llama), [Request("letter", prompt("Answer:"), choices=("A", "B"))]
    )
    for choice in response.choices:
        parts = [
            plain_total(tiny_llama, "Answer:", text) for text in (choice.text, f" {choice.text}")
        ]
        assert choice.loglikelihood == pytest.approx(math.log(sum(map(math.exp, parts))), abs=1e-4)


def test_a_rolling_text_longer_than_the_window(tiny_llama) -> None:
    text = "The tailor measures the sleeve, the carpenter measures the door. " * 3
    (whole,) = ask_all(
        engine_of(tiny_llama), [Request("rank", prompt(""), choices=(text,), rolling=True)]
    )
    (cut,) = ask_all(
        engine_of(tiny_llama, max_length=16),
        [Request("rank", prompt(""), choices=(text,), rolling=True)],
    )
    tokens = AutoTokenizer.from_pretrained(tiny_llama)(text).input_ids
    assert whole.choices[0].tokens == cut.choices[0].tokens == len(tokens)
    assert whole.choices[0].loglikelihood != pytest.approx(cut.choices[0].loglikelihood, abs=1e-3)


def test_a_prompt_that_is_cut_is_flagged(tiny_llama) -> None:
    engine = engine_of(tiny_llama, max_length=12)
    long, short = ask_all(
        engine,
        [
            Request("rank", prompt("0 1 2 3 4 5 6 7 8 9 " * 4), choices=(" A", " B")),
            Request("rank", prompt("0 1"), choices=(" A", " B")),
        ],
    )
    assert long.cut_tokens > 0 and short.cut_tokens == 0
    assert any("1 prompts were longer than the window of 12" in note for note in engine.notes)


def test_a_long_prompt_loses_its_middle_where_the_request_says_so(tiny_llama) -> None:
    ids = AutoTokenizer.from_pretrained(tiny_llama)("0 1 2 3 4 5 6 7 8 9 " * 4).input_ids
    engine = engine_of(tiny_llama, max_length=12)
    long = prompt("0 1 2 3 4 5 6 7 8 9 " * 4)
    left, middle = (
        Request("letter", long, choices=("A", "B"), cut=where) for where in ("left", "middle")
    )
    found = ask_all(engine, [left, middle])
    assert found[0].cut_tokens == found[1].cut_tokens == len(ids) - 12
    assert found[0].choices[0].loglikelihood != found[1].choices[0].loglikelihood

    text = Request("generate", long, Decoding(max_tokens=4), cut="middle")
    job, lost = engine._translator.job(text)
    assert job.prompt.tolist() == ids[:4] + ids[-4:] and lost == len(ids) - 8
    assert request_key({}, left) != request_key({}, middle)


def test_what_can_t_be_asked_is_that_request_s_error_alone(tiny_llama) -> None:
    good, bad, letter = ask_all(
        engine_of(tiny_llama),
        [
            Request("rank", prompt("A"), choices=(" B", " C")),
            Request("rank", prompt("A"), choices=(" B", "")),
            Request("letter", prompt("A"), choices=("A", "Zebra")),
        ],
    )
    assert len(good.choices) == 2
    assert isinstance(bad, ProviderError) and "empty" in bad.message
    assert isinstance(letter, ProviderError) and "no single token for 'Zebra'" in letter.message


def test_numbers_do_not_depend_on_what_else_is_asked(tiny_llama) -> None:
    requests = [
        Request(
            "rank", prompt(f"Question {i}: the dog?\nAnswer:"), choices=(" A", " the door", " dog")
        )
        for i in range(12)
    ]
    together = ask_all(engine_of(tiny_llama), requests)
    small = ask_all(engine_of(tiny_llama, batch_tokens=8), requests[::-1])[::-1]
    plain = ask_all(engine_of(tiny_llama, tree="false"), requests)
    for one, two, three in zip(together, small, plain, strict=True):
        values = [c.loglikelihood for c in one.choices]
        assert [c.loglikelihood for c in two.choices] == pytest.approx(values, abs=1e-4)
        assert [c.loglikelihood for c in three.choices] == pytest.approx(values, abs=1e-4)


def test_greedy_text_is_that_of_transformers_and_stops_at_a_stop_string(tiny_llama) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    model = AutoModelForCausalLM.from_pretrained(tiny_llama).eval()
    prompts = ["Question:", "The tailor measures the", "A"]
    wanted = []
    for text in prompts:
        ids = torch.tensor([tokenizer(text).input_ids])
        out = model.generate(ids, max_new_tokens=20, do_sample=False, pad_token_id=1)
        wanted.append(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))
    requests = [Request("generate", prompt(text), Decoding(max_tokens=20)) for text in prompts]
    found = ask_all(engine_of(tiny_llama), requests)
    assert [r.text for r in found] == wanted
    assert all(r.usage.output_tokens <= 20 for r in found)
    mark = wanted[1][5:8]
    stopped = Request("generate", prompt(prompts[1]), Decoding(max_tokens=20, stop=(mark,)))
    (response,) = ask_all(engine_of(tiny_llama), [stopped])
    assert response.text == wanted[1][: wanted[1].index(mark)] and response.finish == "stop"


def test_sampling_is_seeded_by_the_request_not_by_its_company(tiny_llama) -> None:
    hot = Decoding(max_tokens=12, temperature=1.0, top_p=0.9)
    requests = [Request("generate", prompt("A"), hot, repeat=i) for i in range(5)]
    together = [r.text for r in ask_all(engine_of(tiny_llama), requests)]
    alone = [ask_all(engine_of(tiny_llama), [request])[0].text for request in requests]
    assert together == alone
    assert len(set(together)) > 1, "each repeat draws for itself"


def test_the_chat_template_is_used_where_there_is_one(tiny_llama) -> None:
    chatting = open_engine(f"hf/{tiny_llama}", EngineOptions())
    assert "chat" in chatting.abilities
    (by_chat,) = ask_all(chatting, [Request("letter", prompt("Hello"), choices=("A", "B"))])
    wanted = "<s>user: Hello</s><s>assistant:"
    parts = [plain_total(tiny_llama, wanted, text, special=False) for text in ("A", " A")]
    assert by_chat.choices[0].loglikelihood == pytest.approx(
        math.log(sum(map(math.exp, parts))), abs=1e-4
    )


def test_encoder_decoder_models_rank_and_write(tmp_path) -> None:
    tokenizer = make_tokenizer(tmp_path)
    model = make_model(
        "t5", d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=1
    )
    model.save_pretrained(tmp_path)
    request = Request("rank", prompt("Question: what?"), choices=(" the dog", " A"))
    ranked, written = ask_all(
        engine_of(tmp_path),
        [request, Request("generate", prompt("Question:"), Decoding(max_tokens=5))],
    )
    for choice in ranked.choices:
        context = tokenizer("Question: what?", return_tensors="pt").input_ids
        labels = tokenizer(choice.text, return_tensors="pt").input_ids
        with torch.inference_mode():
            logits = model(input_ids=context, labels=labels).logits[0].log_softmax(-1)
        wanted = float(logits.gather(1, labels[0][:, None]).sum())
        assert choice.loglikelihood == pytest.approx(wanted, abs=1e-4)
    assert written.usage.output_tokens == 5 or written.finish == "stop"


@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft's own, of transformers' names
def test_a_lora_adapter_changes_the_numbers(tiny_llama, tmp_path) -> None:
    peft = pytest.importorskip("peft", reason="needs peft")
    model = AutoModelForCausalLM.from_pretrained(tiny_llama)
    torch.manual_seed(1)
    config = peft.LoraConfig(
        target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    adapted = peft.get_peft_model(model, config)
    adapted.save_pretrained(tmp_path)
    request = Request("rank", prompt("Answer:"), choices=(" the dog", " A"))
    (bare,) = ask_all(engine_of(tiny_llama), [request])
    engine = engine_of(tiny_llama, peft=str(tmp_path))
    assert "peft" in engine.identity
    (with_adapter,) = ask_all(engine, [request])
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    ids = tokenizer("Answer: A", return_tensors="pt").input_ids
    with torch.inference_mode():
        wanted = float(adapted.eval()(ids).logits[0, -2].log_softmax(-1)[ids[0, -1]])
    assert with_adapter.choices[1].loglikelihood == pytest.approx(wanted, abs=1e-4)
    assert abs(with_adapter.choices[1].loglikelihood - bare.choices[1].loglikelihood) > 1e-3


def test_dtype_is_part_of_the_identity_and_used(tiny_llama) -> None:
    request = Request("rank", prompt("Answer:"), choices=(" the dog",))
    engine = engine_of(tiny_llama, dtype="bfloat16")
    assert engine.identity["dtype"] == "bfloat16"
    assert engine_of(tiny_llama).identity["dtype"] == "float32"
    (half,) = ask_all(engine, [request])
    wanted = plain_total(tiny_llama, "Answer:", " the dog")
    assert half.choices[0].loglikelihood == pytest.approx(wanted, rel=0.05)


def test_identity_is_of_the_weights(tiny_llama, tmp_path) -> None:
    before = engine_of(tiny_llama).identity
    make_tokenizer(tmp_path, bos=True, template=True)
    model = make_model("llama", num_key_value_heads=2)
    with torch.no_grad():
        model.lm_head.weight.add_(0.01)
    model.save_pretrained(tmp_path)
    assert engine_of(tmp_path).identity["weights"] != before["weights"]
    assert engine_of(tiny_llama).identity == before


@pytest.mark.parametrize(
    ("name", "extra", "message"),
    [
        ("no/such-folder", {}, "can't be loaded"),
        ("smollm2", {"dtype": "float3"}, "is no dtype"),
        ("smollm2", {"quantization": "3bit"}, "quantization=3bit is unknown"),
        ("smollm2", {"batchtokens": 5}, "no model argument 'batchtokens'"),
    ],
)
def test_wrong_words_are_told_at_once(name, extra, message, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match=message):
        open_engine(f"hf/{name}", EngineOptions(extra=extra))


@pytest.mark.model
def test_the_built_in_model() -> None:
    engine = open_engine("hf/smollm2", EngineOptions())
    france = Request("rank", prompt("The capital of France is"), choices=(" Paris", " banana"))
    (response,) = ask_all(engine, [france])
    assert response.choices[0].loglikelihood == pytest.approx(-0.2581, abs=5e-4)
    assert response.choices[0].greedy and not response.choices[1].greedy
    assert engine.identity["weights"].startswith("gguf b179c952")
