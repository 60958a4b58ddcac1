"""Vision-language models: a small random LLaVA from a configuration, against transformers."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL", reason="needs the vision extra: Pillow")
pytest.importorskip("torch", reason="needs the hf extra: torch and transformers")
pytest.importorskip("transformers", reason="needs the hf extra: torch and transformers")

import numpy as np
import torch
import transformers
from PIL import Image

from julja.cli.main import main
from julja.errors import ConfigError, ProviderError
from julja.models.registry import EngineOptions, open_engine
from julja.pictures import keep
from julja.types import MEDIA_MARK, Decoding, Media, Message, Prompt, Request, Response

from .conftest import SMALL, make_tokenizer

# As LLaVA's own: contents are lists of parts, and plain strings are left out.
TEMPLATE = (
    "{% for m in messages %}<s>{{ m.role }}: {% for part in m.content %}"
    "{% if part.type == 'image' %}<image>{% elif part.type == 'text' %}{{ part.text }}{% endif %}"
    "{% endfor %}</s>{% endfor %}{% if add_generation_prompt %}<s>assistant:{% endif %}"
)


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-llava")
    tokenizer = make_tokenizer(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    tokenizer.pad_token = "</s>"
    images = transformers.CLIPImageProcessor(
        size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}
    )
    transformers.LlavaProcessor(
        images,
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    vision = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    vision |= {"num_attention_heads": 4, "image_size": 16, "patch_size": 8}
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(**vision, initializer_range=0.5),
        text_config=transformers.LlamaConfig(**SMALL, num_key_value_heads=2),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        initializer_range=0.5,
    )
    transformers.LlavaForConditionalGeneration(config).eval().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Media]:
    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    made = []
    for number, size in enumerate([(20, 30), (40, 16), (16, 16)]):
        pixels = draw.integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        made.append(keep(folder / f"{number}.png"))
    return made


def about(text: str, *media: Media, kind: Any = "generate", tokens: int = 6, **more: Any):
    turns = (Message("system", "Be brief."), Message("user", text, media))
    return Request(kind, Prompt(turns), Decoding(max_tokens=tokens), **more)


def ask(folder: Path, *requests: Request, **extra: Any) -> dict[int, Response | ProviderError]:
    async def work() -> dict[int, Response | ProviderError]:
        options = EngineOptions(extra={"device": "cpu", **extra})
        engine: Any = open_engine(f"hf/{folder}", options)
        try:
            return {index: answer async for index, answer in engine.ask_many(requests)}
        finally:
            await engine.close()

    return asyncio.run(work())


class Reference:
    """The same model by transformers alone, one prompt at a time."""

    def __init__(self, folder: Path) -> None:
        self.processor = transformers.AutoProcessor.from_pretrained(folder)
        self.model = transformers.LlavaForConditionalGeneration.from_pretrained(folder).eval()

    def inputs(self, text: str, *media: Media) -> Any:
        images = [Image.open(item.path).convert("RGB") for item in media]
        return self.processor(
            text=[text], images=images, return_tensors="pt", add_special_tokens=False
        )

    def text(self, text: str, *media: Media) -> str:
        inputs = self.inputs(text, *media)
        with torch.inference_mode():
            ids = self.model.generate(**inputs, max_new_tokens=6, do_sample=False)
        new = ids[0, inputs["input_ids"].shape[1] :]
        return str(self.processor.tokenizer.decode(new, skip_special_tokens=True))


SYSTEM = "<s>system: Be brief.</s>"


def test_answers_are_those_of_transformers(llava: Path, pictures: list[Media]) -> None:
    one, two, three = pictures
    requests = [
        about(f"{MEDIA_MARK}what is measured?", one),
        about(f"{MEDIA_MARK}what is measured?", two),
        about(f"is {MEDIA_MARK} like {MEDIA_MARK}?", two, three),
    ]
    found = ask(llava, *requests, batch_size=3)
    reference = Reference(llava)
    end = "</s><s>assistant:"
    expected = [
        reference.text(f"{SYSTEM}<s>user: <image>what is measured?{end}", one),
        reference.text(f"{SYSTEM}<s>user: <image>what is measured?{end}", two),
        reference.text(f"{SYSTEM}<s>user: is <image> like <image>?{end}", two, three),
    ]
    assert [found[i].text for i in range(3)] == expected
    assert len(set(expected)) == 3  # the picture counts
    inputs = reference.inputs(f"{SYSTEM}<s>user: <image>what is measured?{end}", one)
    assert found[0].usage.input_tokens == inputs["input_ids"].shape[1]


def test_a_run_has_the_answers_of_transformers(
    llava: Path, pictures: list[Media], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = Reference(llava)
    text = "<s>user: <image>what is measured?</s><s>assistant:"
    cases = [
        {"file": media.path, "expected": reference.text(text, media).strip()} for media in pictures
    ]
    # The last case wants what the model says of the first picture.
    cases.append({"file": pictures[1].path, "expected": cases[0]["expected"]})
    (tmp_path / "own.jsonl").write_text("\n".join(json.dumps(case) for case in cases))
    (tmp_path / "own.toml").write_text(
        'image = "file"\nprompt = "{{ image }}what is measured?"\nmax_tokens = 6\n'
    )
    store = ["--store", str(tmp_path / "julja.db"), "--json"]
    with pytest.raises(SystemExit) as stop:
        main(["run", str(tmp_path / "own.toml"), "-m", f"hf/{llava}", "-M", "device=cpu", *store])
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    (result,) = json.loads(said.out)["results"]
    assert result["counts"]["scored"] == 4
    assert result["metrics"]["exact_match"]["value"] == 0.75


def test_letters_of_a_picture_are_the_next_tokens(llava: Path, pictures: list[Media]) -> None:
    request = about(f"{MEDIA_MARK}A or B?", pictures[0], kind="letter", choices=("A", "B"))
    response = ask(llava, request)[0]
    reference = Reference(llava)
    inputs = reference.inputs(f"{SYSTEM}<s>user: <image>A or B?</s><s>assistant:", pictures[0])
    with torch.inference_mode():
        logprobs = torch.log_softmax(reference.model(**inputs).logits[0, -1].float(), -1)
    tokenizer = reference.processor.tokenizer
    for choice in response.choices:
        ids = [
            tokenizer.encode(t, add_special_tokens=False) for t in (choice.text, f" {choice.text}")
        ]
        known = [logprobs[i[0]] for i in ids if len(i) == 1]
        assert choice.loglikelihood == pytest.approx(
            float(torch.logsumexp(torch.stack(known), 0)), abs=1e-4
        )


def test_text_alone_is_answered_and_ranked(llava: Path) -> None:
    found = ask(
        llava,
        about("what is measured?"),
        about("what is measured?", kind="rank", choices=(" the dog", " the door")),
    )
    reference = Reference(llava)
    text = f"{SYSTEM}<s>user: what is measured?</s><s>assistant:"
    ids = reference.processor.tokenizer(text, return_tensors="pt", add_special_tokens=False)
    with torch.inference_mode():
        new = reference.model.generate(**ids, max_new_tokens=6, do_sample=False)
    new = new[0, ids["input_ids"].shape[1] :]
    assert found[0].text == reference.processor.tokenizer.decode(new, skip_special_tokens=True)
    assert all(np.isfinite(choice.loglikelihood) for choice in found[1].choices)


def test_one_missing_picture_is_an_error_of_its_sample(llava: Path, pictures: list[Media]) -> None:
    gone = replace(pictures[0], path="/nowhere/gone.png")
    requests = [about(MEDIA_MARK, item) for item in (pictures[0], gone, pictures[1])]
    found = ask(llava, *requests, batch_size=3)
    assert isinstance(found[1], ProviderError)
    assert "/nowhere/gone.png" in str(found[1])
    assert found[0].text == ask(llava, requests[0])[0].text
    assert isinstance(found[2], Response)


def test_too_little_memory_halves_the_batch(
    llava: Path, pictures: list[Media], monkeypatch: pytest.MonkeyPatch
) -> None:
    from julja.models.hf.generate import Generator

    write, sizes = Generator.write, []

    def tight(self: Any, inputs: Any, jobs: Any, indices: Any) -> Any:
        sizes.append(len(jobs))
        if len(jobs) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return write(self, inputs, jobs, indices)

    monkeypatch.setattr(Generator, "write", tight)
    found = ask(llava, *[about(MEDIA_MARK, item) for item in pictures], batch_size=3)
    assert sizes == [3, 2, 1, 1, 1]
    assert all(isinstance(answer, Response) for answer in found.values())


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (lambda p: about(MEDIA_MARK, p, kind="rank", choices=(" a",)), "can't answer rank"),
        (lambda p: about(MEDIA_MARK, p, tokens=250), "tokens with its pictures"),
        (lambda p: about(MEDIA_MARK, replace(p, kind="video")), "can't be shown video clips"),
        (
            lambda p: about(MEDIA_MARK, p, kind="letter", choices=("AB",)),
            "no single token for 'AB'",
        ),
    ],
)
def test_what_it_can_not_answer(
    llava: Path, pictures: list[Media], request_: Any, message: str
) -> None:
    found = ask(llava, request_(pictures[0]))[0]
    assert isinstance(found, ProviderError)
    assert message in str(found)


def test_identity_holds_the_preprocessing(llava: Path) -> None:
    plain = open_engine(f"hf/{llava}")
    changed = open_engine(
        f"hf/{llava}", EngineOptions(extra={"processor": {"image_mean": [0.1, 0.2, 0.3]}})
    )
    assert "images" in plain.abilities
    assert plain.identity["preprocess"] != changed.identity["preprocess"]
    assert plain.identity["processor"].startswith("CLIPImageProcessor")


def test_the_text_side_alone(llava: Path, tiny_llama: Path) -> None:
    assert "images" not in open_engine(f"hf/{tiny_llama}").abilities
    text = open_engine(f"hf/{llava}", EngineOptions(extra={"vision": False, "chat": False}))
    assert "images" not in text.abilities


def test_settings_that_are_wrong(llava: Path, tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="processor=3 is no JSON object"):
        open_engine(f"hf/{llava}", EngineOptions(extra={"processor": 3}))
    with pytest.raises(ConfigError, match="no model argument 'processor'"):
        open_engine(f"hf/{tiny_llama}", EngineOptions(extra={"processor": {}}))
    with pytest.raises(ConfigError, match="no processor"):
        open_engine(f"hf/{tiny_llama}", EngineOptions(extra={"vision": True}))


def test_doctor_looks_at_a_picture(llava: Path, pictures: list[Media]) -> None:
    async def work() -> Any:
        engine: Any = open_engine(f"hf/{llava}", EngineOptions(extra={"device": "cpu"}))
        try:
            return await engine.look(pictures[0])
        finally:
            await engine.close()

    found = {item.name: item.text for item in asyncio.run(work())}
    assert found["picture"] == "30 x 20, image/png"
    assert found["tensor"].startswith("1 x 3 x 16 x 16, min ")
    assert "image_mean" in found["preprocess"]
    assert {"tokens", "says"} <= set(found)
