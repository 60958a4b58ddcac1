"""FinBen: FLARE's tasks, one line each (`julja run finben` or `julja run finben_fomc`).

Papers: Xie et al., PIXIU, 2023, https://arxiv.org/abs/2306.05443, and FinBen, 2024,
https://arxiv.org/abs/2402.12659. Data: TheFinAI's sets on the hub; metrics and reading of answers:
The-FinAI/PIXIU, src/tasks/flare.py and src/tasks/__init__.py.
"""

from julja.benchmarks.finance import flare
from julja.benchmarks.finance.finben_makers import F1, OPEN, choices, summaries, tags, texts
from julja.benchmarks.finance.flare import json_row
from julja.benchmarks.finance.flare_tags import written_entities
from julja.types import Json

_MCC = {"mcc": "mcc", **F1}
_STOCK = {"acc": "acc", "mcc": "mcc", "f1": "f1_weighted", "macro_f1": "f1_macro_right"}
_RISES = {"rise": ("yes", "positive"), "fall": ("no", "negative", "neutral")}
_CREDIT = {"good": ("yes", "positive"), "bad": ("no", "negative", "neutral")}

_FEEL = ("positive", "neutral", "negative")
_NC, _BY = "CC-BY-NC-4.0", "CC-BY-4.0"
_MOVE: dict[str, Json] = {
    "labels": ("Rise", "Fall"),
    "metrics": _STOCK,
    "words": _RISES,
    "default": "fall",
    "notes": "An answer that names neither is a fall.",
}
_SCORE: dict[str, Json] = {
    "labels": ("good", "bad"),
    "metrics": {key: kind for key, kind in _MCC.items() if key != "missing"},
    "words": _CREDIT,
    "default": "good",
    "notes": "An answer that names neither is good.",
}
_GOOD: dict[str, Json] = {"labels": ("good", "bad"), "metrics": _MCC}
_RISK: dict[str, Json] = {"labels": ("yes", "no"), "metrics": _MCC}

finben_fpb = choices("fpb", "en-fpb", "Financial PhraseBank", "CC-BY-SA-3.0", labels=_FEEL)
finben_fiqasa = choices("fiqasa", "flare-fiqasa", "FiQA sentiment", OPEN, labels=_FEEL)
finben_fomc = choices(
    "fomc", "finben-fomc", "FOMC stance", _NC, rows=496, labels=("hawkish", "dovish", "neutral")
)
finben_finarg_auc = choices(
    "finarg_auc", "flare-finarg-ecc-auc", "FinArg argument units", "CC-BY-NC-SA-4.0", rows=969
)
finben_finarg_arc = choices(
    "finarg_arc", "flare-finarg-ecc-arc", "FinArg relations", "CC-BY-NC-SA-4.0", rows=690
)
finben_multifin = choices("multifin", "flare-multifin-en", "MultiFin topics", OPEN, rows=546)
finben_ma = choices("ma", "flare-ma", "M&A deals", OPEN, rows=500, labels=("complete", "rumour"))
finben_mlesg = choices("mlesg", "flare-mlesg", "MLESG issues", "CC-BY-NC-ND", rows=300)
finben_causal = choices("causal", "flare-causal20-sc", "FinCausal sentences", _BY, rows=8630)
finben_cfa = choices("cfa", "flare-cfa", "CFA exam questions", OPEN, labels=("A", "B", "C"))
finben_bigdata22 = choices("bigdata22", "flare-sm-bigdata", "BigData22 stocks", OPEN, **_MOVE)
finben_acl18 = choices("acl18", "flare-sm-acl", "ACL18 stocks", "MIT", **_MOVE)
finben_cikm18 = choices("cikm18", "flare-sm-cikm", "CIKM18 stocks", OPEN, **_MOVE)
finben_german = choices("german", "flare-german", "German credit", _BY, **_SCORE)
finben_australian = choices("australian", "flare-australian", "Australian credit", _BY, **_SCORE)
finben_lendingclub = choices("lendingclub", "cra-lendingclub", "Lending Club", "CC0-1.0", **_GOOD)
finben_ccf = choices("ccf", "cra-ccf", "Credit card fraud", "DbCL-1.0", **_RISK)
finben_ccfraud = choices("ccfraud", "cra-ccfraud", "ccFraud", OPEN, **_RISK)
finben_polish = choices("polish", "cra-polish", "Polish bankruptcies", _BY, **_RISK)
finben_taiwan = choices("taiwan", "cra-taiwan", "Taiwanese bankruptcies", _BY, **_RISK)
finben_portoseguro = choices("portoseguro", "cra-portoseguro", "Porto Seguro", OPEN, **_RISK)
finben_travel = choices("travel", "cra-travelinsurace", "Travel insurance", "ODbL-1.0", **_RISK)
finben_finer_ord = tags("finer_ord", "finben-finer-ord", "FiNER-ORD", _NC, ("PER", "LOC", "ORG"))
finben_cd = tags("cd", "flare-cd", "FinCausal spans", _BY, ("CAUSE", "EFFECT"), rows=226)
finben_fnxl = tags(
    "fnxl", "flare-fnxl", "FNXL numeric labels", OPEN, (), rows=318, version=2,
    notes="PIXIU passes over labels that are not in its list; here an invented one is a wrong one.",
)  # fmt: skip
_ROLES = "QUANT TIME MANNER THEME VALUE WHOLE LOCATION AGENT CAUSE SOURCE REF_TIME CONDITION"
finben_fsrl = tags("fsrl", "flare-fsrl", "FSRL roles", "MIT", tuple(_ROLES.split()), rows=97)
finben_ner = texts(
    "ner",
    "flare-ner",
    "named entities in loan agreements",
    "CC-BY-SA-3.0",
    flare.entities_sample,
    written_entities(),
    json_row(query="Name them.", answer="Orrin, ORG", text="Orrin grew", label=["B-ORG", "O"]),
    "Orrin, ORG",
    "Orrin, PER",
    abilities=("finance", "extraction"),
    version=2,
)
finben_headlines = texts(
    "headlines",
    "flare-headlines",
    "gold headlines",
    "CC-BY-SA-3.0",
    flare.choice_sample,
    flare.headlines(),
    json_row(query="Up?", answer="Yes", choices=["Yes", "No"], gold=0, label_type="price"),
    "Yes",
    "Yes, it is.",
    rows=20547,
    notes="avg_f1 is the mean over nine kinds of questions; anything but Yes is a No.",
    revision="39e4f9ba3515a7cf464ed07ece80a4f7f4189134",
)
_SAME = "Answers must be equal as text, so that 0.5 is not 0.50: see the benchmark's own task."
_FIVE = json_row(query="How many?", answer="0.5")
finben_finqa = texts(
    "finqa", "flare-finqa", "FinQA", "MIT", flare.answer_sample, flare.same_text(), _FIVE, "0.5",
    "50%", rows=1147, notes=_SAME,
)  # fmt: skip
finben_convfinqa = texts(
    "convfinqa", "flare-convfinqa", "ConvFinQA", "MIT", flare.answer_sample, flare.same_text(),
    _FIVE, "0.5", "50%", rows=1490, adapt=flare.with_history,
    notes=_SAME + " Earlier answers in a query are the right ones; PIXIU puts in the model's.",
)  # fmt: skip
finben_tatqa = texts(
    "tatqa", "flare-tatqa", "TAT-QA", "MIT", flare.answer_sample, flare.same_text(), _FIVE, "0.5",
    "50%", notes=_SAME,
)  # fmt: skip
finben_tsa = texts(
    "tsa", "flare-tsa", "sentiment scores (SemEval-2017 task 5)", "CC-BY-NC-SA-4.0",
    flare.value_sample, flare.sentiment(), json_row(query="How good?", answer=1.0), "1.0", "-1",
    rows=561, notes="rmse is over the answers with a number (see missing). PIXIU's pattern drops "
    "a minus sign; here it counts.",
)  # fmt: skip
finben_edtsum = summaries(
    "edtsum", "flare-edtsum", "EDTSum headlines", flare.answer_sample, flare.summary,
    json_row(query="Summarise.", answer="Ferries grew"), "Ferries grew.", "Nothing", rows=2000,
    notes="ROUGE is the plain mean, PIXIU's the median of a bootstrap.",
)  # fmt: skip
finben_ectsum = summaries(
    "ectsum", "flare-ectsum", "ECTSum bullet points", flare.extract_sample, flare.extracted,
    json_row(query="Mark.", text="Ferries grew\nIt rained", label=[1, 0]), "1\n0", "0\n1",
    rows=495, notes="PIXIU compares the marks as text with the number 1, so that every model has 0 "
    "there; here a line 1 keeps its line of the text.",
)  # fmt: skip
