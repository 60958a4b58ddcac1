"""KLUE: both layouts, damaged rows, answers read, the real files, a run and its submission."""

import json
from collections import Counter

import pytest

from julja.benchmarks.korean import (
    klue_dp,
    klue_dst,
    klue_mrc,
    klue_ner,
    klue_nli,
    klue_re,
    klue_sts,
    klue_tc,
)
from julja.benchmarks.suites.korean import KLUE
from julja.cli.main import main
from julja.config import RunConfig
from julja.errors import DataError
from julja.run.catalog import resolve
from julja.run.rows import load_rows
from julja.tasks.build import build_samples
from julja.tasks.render import make_request
from julja.tasks.task import Answered
from julja.types import Decoding, Response, Score

NLI = {"guid": "a", "source": "wiki", "premise": "가", "hypothesis": "나"}
RE = {
    "guid": "r",
    "sentence": "김 씨는 김밥을 판다.",
    "subject_entity": {"word": "김", "start_idx": 0, "end_idx": 0, "type": "PER"},
    "object_entity": {"word": "김밥", "start_idx": 5, "end_idx": 6, "type": "POH"},
    "label": "per:product",
}


def shown(task, sample, form):
    return make_request(form, task.forms[form], sample, (), Decoding())


def lines(*texts):
    return {"dev.tsv": [{"text": text} for text in texts]}


def test_labels_are_names_or_the_hubs_numbers():
    upstream = klue_nli.to_sample({**NLI, "gold_label": "contradiction"})
    assert upstream == klue_nli.to_sample({**NLI, "label": 2})
    assert upstream.target == ("contradiction",)
    topic = {"guid": "t", "title": "새 경기장", "url": "x", "date": "y"}
    assert klue_tc.to_sample({**topic, "label": "스포츠"}) == klue_tc.to_sample(
        {**topic, "label": 5}
    )
    assert klue_re.to_sample(RE) == klue_re.to_sample({**RE, "label": 27})


@pytest.mark.parametrize("label", [7, -1, "", "날씨", None, True, 2.0, "2"])
def test_a_label_out_of_range_is_refused(label):
    with pytest.raises(DataError, match="is none of IT과학"):
        klue_tc.to_sample({"guid": "t", "title": "제목", "label": label})


def test_a_row_without_text_is_refused():
    with pytest.raises(DataError, match="title is empty"):
        klue_tc.to_sample({"guid": "t", "title": " ", "label": 0})
    with pytest.raises(DataError, match="hypothesis is empty"):
        klue_nli.to_sample({**NLI, "hypothesis": "", "label": 0})


def test_encoders_read_texts_and_answer_with_labels():
    pair = shown(klue_nli.klue_nli(), klue_nli.to_sample({**NLI, "label": 0}), "classify")
    assert pair.inputs == {"text": "가", "text_pair": "나"}
    assert pair.choices == ("entailment", "neutral", "contradiction")
    marked = shown(klue_re.klue_re(), klue_re.to_sample(RE), "classify")
    assert marked.inputs == {"text": "<subj>김</subj> 씨는 <obj>김밥</obj>을 판다."}
    assert len(marked.choices) == 30


def test_rank_compares_korean_words():
    asked = shown(klue_nli.klue_nli(), klue_nli.to_sample({**NLI, "label": 0}), "rank")
    assert asked.prompt.text == "전제: 가\n가설: 나\n관계:"
    assert asked.choices == (" 함의", " 중립", " 모순")


def test_shifted_entities_are_refused():
    shifted = {**RE, "object_entity": {**RE["object_entity"], "start_idx": 4, "end_idx": 5}}
    with pytest.raises(DataError, match="characters 4 to 5 are"):
        klue_re.to_sample(shifted)


@pytest.mark.parametrize("value", [5.1, -0.2, "3", None, True])
def test_sts_refuses_what_is_no_rating(value):
    row = {"guid": "s", "sentence1": "가", "sentence2": "나", "labels": {"real-label": value}}
    with pytest.raises(DataError, match="no number from 0 to 5"):
        klue_sts.to_sample(row)


def test_ner_reads_upstreams_lines():
    files = lines(
        "## 컬럼명 : CHAR\tNE_TAG",
        "## klue-ner-v1_dev_00000-wikitree\t<솔:PS>이 #",
        "솔\tB-PS",
        "이\tO",
        " \tO",
        "#\tO",
        "",
        "## klue-ner-v1_dev_00001-nsmc\t재밌다",
        "재\tO",
    )
    first, second = map(klue_ner.to_sample, klue_ner.sentences(files))
    assert (first.id, first.input) == ("klue-ner-v1_dev_00000-wikitree", "솔이 #")
    assert first.target == ("[솔:PS]",)
    assert second.target == ("개체 없음",)
    hub = klue_ner.to_sample(
        {"sentence": "<솔:PS>이 #", "tokens": list("솔이 #"), "ner_tags": [6, 12, 12, 12]}
    )
    assert hub.fields == first.fields


@pytest.mark.parametrize("line", ["솔", "솔이\tB-PS", "\tO", "솔,B-PS"])
def test_a_damaged_line_is_refused_by_number(line):
    with pytest.raises(DataError, match=r"dev\.tsv, line 2: .* no character and its tag"):
        klue_ner.sentences(lines("## klue-ner-v1_dev_00000-wikitree\t솔", line))


def test_tags_are_of_characters():
    with pytest.raises(DataError, match="B-XX"):
        klue_ner.to_sample({"tokens": ["가"], "ner_tags": ["B-XX"]})
    with pytest.raises(DataError, match="2 characters have 1 tags"):
        klue_ner.to_sample({"tokens": ["가", "나"], "ner_tags": [12]})
    with pytest.raises(DataError, match="not one character"):
        klue_ner.to_sample({"tokens": ["가나"], "ner_tags": [12]})


@pytest.mark.parametrize(
    ("text", "f1"),
    [
        ("개체명 인식 결과:\n[한 솔:PS]\n[7일:DT]", 1.0),
        ("1. 한솔 (PS)\n2. 7일 (DT)", 1.0),
        ("한솔: PS(인물)\n7일: DT", 1.0),
        ("[한솔:PS]\n[8일:DT]", 0.5),
        ("[한솔 씨:PS]\n[7일:DT]\n[7일:TI]", 0.4),
    ],
)
def test_ner_answers_in_text(text, f1):
    row = klue_ner._row(9, "한솔 씨는 7일 왔다.", ("한솔", "PS"), ("7일", "DT"))
    scorer = klue_ner.klue_ner().forms["generate"].scorer
    assert scorer(klue_ner.to_sample(row), Response(text)).values["entities"] == pytest.approx(f1)


def test_dp_reads_upstreams_lines():
    files = lines(
        "## 칼럼명 : INDEX\tWORD_FORM\tLEMMA\tPOS\tHEAD\tDEPREL",
        "## klue-dp-v1_dev_00000_wikitree\t새가 운다.",
        "1\t새가\t새 가\tNNG+JKS\t2\tNP_SBJ",
        "2\t운다.\t울 ㄴ다 .\tVV+EF+SF\t0\tVP",
    )
    sample = klue_dp.to_sample(klue_dp.sentences(files)[0])
    assert (sample.input, sample.target) == ("새가 운다.", ("1 2 NP_SBJ\n2 0 VP",))
    text = shown(klue_dp.klue_dp(), sample, "generate").prompt.text
    assert text.endswith("문장: 새가 운다.\n어절:\n1 새가\n2 운다.\n분석:")
    with pytest.raises(DataError, match=r"dev\.tsv, line 2: .* 6 columns"):
        klue_dp.sentences(lines("## klue-dp-v1_dev_0\t새", "1\t새\t2\tNP"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head": [2, 3]}, "head 3 is no word"),
        ({"deprel": ["nsubj", "VP"]}, "'nsubj' is none of"),
        ({"head": [2]}, "2 words have 1 heads"),
        ({"index": [0, 1]}, "not numbered from 1"),
    ],
)
def test_dp_refuses_what_is_no_tree_of_klues(change, message):
    row = klue_dp._row(1, ("새가", 2, "NP_SBJ"), ("운다.", 0, "VP"))
    with pytest.raises(DataError, match=message):
        klue_dp.to_sample({**row, **change})


def test_dp_reads_many_ways_of_writing():
    text = "1\t새가\t2\tNP_SBJ\n2번 '3시에' → 3 (np_ajt)\n| 3 | 운다. | 0 | VP |\n9 1 NP"
    assert klue_dp.read_lines(text, 3) == {
        1: ("2", "NP_SBJ"),
        2: ("3", "NP_AJT"),
        3: ("0", "VP"),
    }


def test_mrc_in_both_layouts():
    hub = {
        "guid": "m",
        "title": "t",
        "context": "강은 동쪽으로 흐른다.",
        "question": "어디로?",
        "question_type": 1,
        "is_impossible": False,
        "answers": {"text": ["동쪽", "동쪽으로"], "answer_start": [3, 3]},
    }
    upstream = {
        **{key: hub[key] for key in ("guid", "question", "question_type", "is_impossible")},
        "answers": [{"text": "동쪽", "answer_start": 3}, {"text": "동쪽으로", "answer_start": 3}],
    }
    file = {
        "data": [{"title": "t", "paragraphs": [{"context": hub["context"], "qas": [upstream]}]}]
    }
    (row,) = klue_mrc.flatten(file)
    assert klue_mrc.to_sample(row) == klue_mrc.to_sample(hub)
    # What only looks like an answer is none.
    assert klue_mrc.to_sample({**hub, "is_impossible": True}).target == ("",)
    with pytest.raises(DataError, match="no answer, and is not marked"):
        klue_mrc.to_sample({**hub, "answers": {"text": [], "answer_start": []}})
    with pytest.raises(DataError, match='no "data"'):
        klue_mrc.flatten([])


@pytest.mark.parametrize(
    ("given", "reference", "value"),
    [
        ("달빛 공원", "달빛 공원", 1.0),
        ("달빛 공원에서", "달빛 공원", 10 / 12),
        ("공원 달빛", "달빛 공원", 4 / 10),
        ("", "공원", 0.0),
        ("", "", 1.0),
        ("공원", "", 0.0),
    ],
)
def test_rouge_w_is_of_the_longest_run(given, reference, value):
    assert klue_mrc.rouge_w(given, reference) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "extracted"),
    [
        ("답을 찾을 수 없습니다.", ""),
        ("없음", ""),
        ("본문에 없습니다", ""),
        ("정답: 동쪽", "동쪽"),
        ("**답:** 동쪽\n설명", "동쪽"),
        ("없음이 아니라 동쪽", "없음이 아니라 동쪽"),
    ],
)
def test_mrc_answers_in_text(text, extracted):
    sample = klue_mrc.to_sample(klue_mrc._WHERE)
    assert klue_mrc.answer()(sample, Response(text)).extracted == extracted


def dialogue(turns):
    return {"guid": "d", "domains": ["택시"], "dialogue": turns}


def test_dst_has_a_sample_for_each_turn_of_the_users():
    said = [
        {"role": "user", "text": "택시요", "state": []},
        {"role": "sys", "text": "어디로요?", "state": []},
        {"role": "user", "text": "산으로", "state": ["택시-도착지-북-산"]},
    ]
    first, second = map(klue_dst.to_sample, klue_dst.turns([dialogue(said)]))
    assert (first.id, first.target) == ("d-0", ("",))
    assert second.input == "사용자: 택시요\n상담원: 어디로요?\n사용자: 산으로"
    assert (second.id, second.cluster, second.target) == ("d-1", "d", ("택시-도착지-북-산",))
    columns = {key: [turn[key] for turn in said] for key in ("role", "text", "state")}
    assert klue_dst.turns([dialogue(columns)]) == klue_dst.turns([dialogue(said)])
    with pytest.raises(DataError, match="neither user nor sys"):
        klue_dst.turns([dialogue([{**said[0], "role": "bot"}])])
    with pytest.raises(DataError, match="no domain-slot-value"):
        klue_dst.to_sample(klue_dst._row(1, ("택시-색-검정",), "택시요"))


def test_dst_answers_and_f1():
    text = '조건:\n- 택시-출발지-종로\n택시-종류: none\n1. 택시-출발지 - "종로-2가"'
    assert klue_dst.read_state(text) == ["택시-출발지-종로-2가"]
    listed = '```json\n["택시-종류-개인", "택시-출발지-종로"]\n```'
    assert klue_dst.read_state(listed) == ["택시-종류-개인", "택시-출발지-종로"]
    assert klue_dst.read_state("잘 모르겠습니다") is None
    assert klue_dst.slot_f1(["a", "b"], ["a", "c", "d"]) == pytest.approx(2 / 5)
    assert (klue_dst.slot_f1([], []), klue_dst.slot_f1([], ["a"])) == (1.0, 0.0)


def test_dst_takes_states_by_dialogue():
    content = {"d": [[], ["택시-종류-개인"]]}
    assert klue_dst.responses(content, []) == [
        {"id": "d-0", "response": "없음"},
        {"id": "d-1", "response": "택시-종류-개인"},
    ]
    with pytest.raises(DataError, match="the prediction of d"):
        klue_dst.responses({"d": ["택시-종류-개인"]}, [])


def test_answers_without_their_columns_are_refused():
    with pytest.raises(DataError, match="row 0 of the responses has no guid or no prediction"):
        klue_tc.klue_tc().responses([{"label": "경제"}], [])
    with pytest.raises(DataError, match="needs guid and prediction"):
        klue_sts.responses([{"a": "1"}], [])
    with pytest.raises(DataError, match="no id or no raw_response"):
        klue_ner.responses([{"id": "x"}], [])
    with pytest.raises(DataError, match="pred_heads"):
        klue_dp.responses([{"id": "x"}], [])


def test_mrc_submission_is_read_back():
    sample = klue_mrc.to_sample(klue_mrc._PRIZE)
    answered = Answered(sample, None, Response("없음"), Score({}, extracted=""))
    files = klue_mrc.submission([answered])
    rows = klue_mrc.responses(json.loads(files["predictions.json"]), [sample])
    assert rows == [{"id": "made-3", "response": ""}]


def test_the_suites_columns_are_the_official_metrics():
    names = ("TC", "STS", "NLI", "NER", "RE", "DP", "MRC", "DST")
    assert tuple(column.name for column in KLUE.columns) == names
    for column in KLUE.columns:
        (found,) = resolve(column.task)
        names = [m.name for m in found.task.forms["generate"].scorer.metrics]
        assert set(column.metrics) <= set(names)
        assert column.metrics[0] == names[0]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("klue_tc", 9107),
        ("klue_sts", 519),
        ("klue_nli", 3000),
        ("klue_ner", 5000),
        ("klue_re", 7765),
        ("klue_dp", 2000),
        ("klue_mrc", 1350),
        ("klue_dst", 5076),
    ],
)
def test_the_real_files(name, count, mirror):
    (found,) = resolve(name)
    config = RunConfig(tasks=(name,), model="test", data=str(mirror))
    rows = load_rows(found.task, found.task.rows, None, config).rows
    samples = build_samples(found.task, rows, split="validation", origin=name)
    assert len(samples) == count
    if name == "klue_nli":
        assert Counter(s.target[0] for s in samples) == dict.fromkeys(klue_nli.LABELS, 1000)
    if name == "klue_dp":
        assert sum(len(s.fields["words"]) for s in samples) == 22496
        assert max(max(s.fields["heads"]) for s in samples) == 35
    if name == "klue_mrc":
        assert sum(s.target == ("",) for s in samples) == 420


@pytest.mark.mirror
def test_a_run_of_all_eight(mirror, tmp_path, capsys):
    asked = ("run", "klue", "-m", "mock/echo", "--form", "generate", "--limit", "2", "--json")
    with pytest.raises(SystemExit) as stop:
        main([*asked, "--data", str(mirror), "--store", str(tmp_path / "julja.db")])
    result = json.loads(capsys.readouterr().out)
    assert stop.value.code == 0
    assert [part["task"] for part in result["results"]] == list(KLUE.tasks)
    assert all(part["counts"]["error"] == 0 for part in result["results"])
    assert set(result["suites"][0]["columns"]) == {column.name for column in KLUE.columns}
