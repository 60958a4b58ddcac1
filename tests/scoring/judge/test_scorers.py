"""What judges are asked, and what their answers make of a sample."""

import math

import pytest

from julja.errors import ConfigError, JudgeError, ScoringError
from julja.scoring.judge.base import Opinion, jury_mean
from julja.scoring.judge.fill import check_names, fill
from julja.scoring.judge.pairwise import consistency, judge_pairwise
from julja.scoring.judge.single import judge, judge_checklist
from julja.types import ChoiceLikelihood, ErrorInfo, Response, Sample

TEXT = frozenset({"generate", "chat"})
ODDS = TEXT | {"letter"}
SAMPLE = Sample(
    "s", "What is 2 + 2?", target=("four",), fields={"baseline": "5", "checklist": ["a?", "b?"]}
)
ANSWER = Response("It is {reference} {baseline} 4.", finish="stop")


def heard(scorer, *answers, sample=SAMPLE, response=ANSWER, can=TEXT):
    """The score when one judge gives these answers to the questions, one by one."""
    questions = scorer.questions(sample, response, can)
    opinions = []
    for number, (question, said) in enumerate(zip(questions, answers, strict=True)):
        answer = said if isinstance(said, Response) else Response(said, finish="stop")
        reading = scorer.read(question, sample, answer)
        opinions.append(Opinion("j", number, 0, question.part, question.first, reading))
    return scorer.conclude(sample, response, opinions)


def odds(**likely):
    return Response(choices=tuple(ChoiceLikelihood(k, math.log(p)) for k, p in likely.items()))


def test_an_answer_can_t_pull_other_texts_into_its_place():
    (question,) = judge().questions(SAMPLE, ANSWER, TEXT)
    text = question.request.prompt.text
    assert "It is {reference} {baseline} 4." in text
    assert text.count("four") == 1  # the reference stands where the template puts it, once
    assert fill("{a}{b}{c}", {"a": "{b}", "b": "{a}"}) == "{b}{a}{c}"


def test_ratings_keep_their_scale_and_what_was_read():
    score = heard(judge(low=1, high=5), "Good. [[4]]")
    assert (score.values, score.extracted, score.state) == ({"rating": 4.0}, "4", "scored")
    assert heard(judge(low=1, high=5), "[[9]]").state == "unparsed"
    assert heard(judge(low=1, high=5), "[[9]]").values == {}


def test_a_reference_is_shown_where_there_is_one_and_missed_where_it_is_wanted():
    plain = Sample("p", "Write a poem.")
    assert "<reference>" in judge().questions(SAMPLE, ANSWER, TEXT)[0].request.prompt.text
    assert "<reference>" not in judge().questions(plain, ANSWER, TEXT)[0].request.prompt.text
    hidden = judge(reference=False).questions(SAMPLE, ANSWER, TEXT)[0].request.prompt.text
    assert "<reference>" not in hidden
    with pytest.raises(ScoringError, match="no reference"):
        judge(reference=True).questions(plain, ANSWER, TEXT)


def test_weighted_ratings_are_the_mean_under_the_judge_s_probabilities():
    scorer = judge(low=1, high=3, weighted=True)
    (question,) = scorer.questions(SAMPLE, ANSWER, ODDS)
    assert (question.request.kind, question.request.choices) == ("letter", ("A", "B", "C"))
    score = heard(scorer, odds(A=0.1, B=0.2, C=0.5), can=ODDS)
    assert score.values["rating"] == pytest.approx((1 * 0.1 + 2 * 0.2 + 3 * 0.5) / 0.8)
    assert score.details["opinions"][0]["spread"] == pytest.approx(
        math.sqrt((0.1 * 1.5**2 + 0.2 * 0.5**2 + 0.5 * 0.5**2) / 0.8)
    )
    with pytest.raises(ConfigError, match="log-probabilities"):
        scorer.questions(SAMPLE, ANSWER, TEXT)
    assert scorer.repeats == 1


def test_pairs_are_asked_in_both_orders_and_read_in_the_answer_s_terms():
    scorer = judge_pairwise()
    one, two = scorer.questions(SAMPLE, ANSWER, TEXT)
    assert (one.first, two.first) == ("answer", "baseline")
    assert one.request.prompt.text.index("4.") < one.request.prompt.text.index("5\n</answer B>")
    both = heard(scorer, "[[A>B]]", "[[B>>A]]")
    assert both.values == {"win_rate": 1.0, "consistent": 1.0}
    first = heard(scorer, "[[A>B]]", "[[A>B]]")
    assert first.values == {"win_rate": 0.5, "consistent": 0.0}
    half = heard(scorer, "[[A=B]]", "hm")
    assert half.values == {"win_rate": 0.5}
    with pytest.raises(ScoringError, match="'other'"):
        judge_pairwise(baseline="other").questions(SAMPLE, ANSWER, TEXT)


def test_weighted_pairs_are_probabilities():
    scorer = judge_pairwise(weighted=True)
    score = heard(scorer, odds(A=0.8, B=0.2), odds(A=0.4, B=0.4), can=ODDS)
    assert score.values["win_rate"] == pytest.approx((0.8 + 0.5) / 2)


def test_a_checklist_is_a_share_and_all_of_it_only_where_all_was_read():
    scorer = judge_checklist()
    assert heard(scorer, "[[yes]]", "[[no]]").values == {"kept": 0.5, "all_kept": 0.0}
    assert heard(scorer, "[[yes]]", "[[yes]]").values == {"kept": 1.0, "all_kept": 1.0}
    assert heard(scorer, "[[yes]]", "hm").values == {"kept": 1.0}
    with pytest.raises(ScoringError, match="no checklist"):
        scorer.questions(Sample("x", "y"), ANSWER, TEXT)


def test_without_a_verdict_there_is_no_score():
    scorer = judge()
    lost = Opinion("j", 0, 0, error=ErrorInfo("ProviderTimeoutError", "too slow"))
    dumb = Opinion("k", 0, 0)
    assert scorer.conclude(SAMPLE, ANSWER, [lost]).state == "error"
    assert "too slow" in scorer.conclude(SAMPLE, ANSWER, [lost]).explanation
    assert scorer.conclude(SAMPLE, ANSWER, [lost, dumb]).state == "unparsed"
    with pytest.raises(JudgeError, match="--judge"):
        scorer(SAMPLE, ANSWER)


def test_judges_and_questions_weigh_alike_however_often_they_could_be_read():
    from julja.scoring.judge.base import Reading

    def opinion(name, question, repeat, value):
        return Opinion(name, question, repeat, reading=Reading("v", value))

    heard_ = [opinion("a", 0, r, 1.0) for r in range(5)] + [opinion("b", 0, 0, 0.0)]
    assert jury_mean(heard_) == 0.5
    turns = [opinion("a", 0, 0, 1.0), opinion("a", 0, 1, 1.0), opinion("a", 1, 0, 0.0)]
    assert jury_mean(turns) == 0.5
    assert consistency(heard_) is None


def test_prompts_of_one_s_own_are_checked_before_anything_is_asked():
    judge(prompt="Rate {answer} to {question}: [[1]] to [[10]]")
    with pytest.raises(ConfigError, match="anwser"):
        judge(prompt="Rate {anwser}.")
    with pytest.raises(ConfigError, match="does not show"):
        judge_pairwise(prompt="Rate {answer_a}.")
    with pytest.raises(ConfigError, match="scale"):
        judge(low=5, high=5)
    check_names("{a}", {"a": ""}, ("a",))
