"""FinBen's tasks against PIXIU's own metrics, on rows and answers drawn at random.

The numbers are of The-FinAI/PIXIU's src/tasks/flare.py and utils.py (commits b92bc75, 9d6cd7c) with
scikit-learn 1.9.1, seqeval 1.2.2 and rouge_score 0.1.2, run apart from julja on the cases of
`finben_cases`. What PIXIU can't have meant is left out there, and the cards say so: the sign of a
sentiment, ECTSum's marks (compared as text with a number; here read as numbers), ROUGE's bootstrap
(here the mean), FNXL's labels outside its list, ConvFinQA's earlier answers.
"""

import numpy as np
import pytest

from julja.benchmarks.finance import finben
from julja.types import Response

from . import finben_cases as cases

pytestmark = pytest.mark.parity
HOLDS = (
    "finben_acl18",
    "finben_australian",
    "finben_bigdata22",
    "finben_causal",
    "finben_ccf",
    "finben_ccfraud",
    "finben_cd",
    "finben_cfa",
    "finben_cikm18",
    "finben_convfinqa",
    "finben_ectsum",
    "finben_edtsum",
    "finben_finarg_arc",
    "finben_finarg_auc",
    "finben_finer_ord",
    "finben_finqa",
    "finben_fiqasa",
    "finben_fnxl",
    "finben_fomc",
    "finben_fpb",
    "finben_fsrl",
    "finben_german",
    "finben_headlines",
    "finben_lendingclub",
    "finben_ma",
    "finben_mlesg",
    "finben_multifin",
    "finben_ner",
    "finben_polish",
    "finben_portoseguro",
    "finben_taiwan",
    "finben_tatqa",
    "finben_travel",
    "finben_tsa",
)
OFFICIAL = """
fpb         acc=0.497500 f1=0.524034 macro_f1=0.523442 missing=0.097500
fiqasa      acc=0.515000 f1=0.546641 macro_f1=0.546030 missing=0.112500
fomc        acc=0.525000 f1=0.552935 macro_f1=0.550002 missing=0.100000
finarg_auc  acc=0.582500 f1=0.635992 macro_f1=0.636357 missing=0.172500
finarg_arc  acc=0.447500 f1=0.485242 macro_f1=0.484751 missing=0.162500
multifin    acc=0.380000 f1=0.428420 macro_f1=0.430107 missing=0.162500
ma          acc=0.610000 f1=0.660866 macro_f1=0.657668 missing=0.162500
mlesg       acc=0.365000 f1=0.430356 macro_f1=0.429975 missing=0.152500
causal      acc=0.555000 f1=0.590973 macro_f1=0.591431 missing=0.125000
cfa         acc=0.462500 f1=0.480585 macro_f1=0.479234 missing=0.095000
bigdata22   acc=0.670000 f1=0.669777 macro_f1=0.669330 mcc=0.338963
acl18       acc=0.647500 f1=0.646703 macro_f1=0.646703 mcc=0.296340
cikm18      acc=0.677500 f1=0.677433 macro_f1=0.677256 mcc=0.354588
german      acc=0.660000 f1=0.660434 macro_f1=0.659923 mcc=0.329456
australian  acc=0.617500 f1=0.617469 macro_f1=0.617498 mcc=0.236301
lendingclub acc=0.585000 f1=0.632283 macro_f1=0.630350 missing=0.152500 mcc=0.285501
ccf         acc=0.580000 f1=0.614227 macro_f1=0.611005 missing=0.112500 mcc=0.244662
ccfraud     acc=0.602500 f1=0.632222 macro_f1=0.629389 missing=0.097500 mcc=0.274768
polish      acc=0.590000 f1=0.616229 macro_f1=0.614993 missing=0.082500 mcc=0.247850
taiwan      acc=0.570000 f1=0.601883 macro_f1=0.601495 missing=0.105000 mcc=0.226658
portoseguro acc=0.592500 f1=0.622484 macro_f1=0.622876 missing=0.097500 mcc=0.263807
travel      acc=0.602500 f1=0.626354 macro_f1=0.626592 missing=0.077500 mcc=0.267946
finer_ord   entity_f1=0.545992 f1=0.581023
cd          entity_f1=0.565365 f1=0.637763
fsrl        entity_f1=0.561359 f1=0.595061
fnxl        entity_f1=0.623431
ner         entity_f1=0.351415
headlines   avg_f1=0.782575
finqa       acc=0.285000
convfinqa   acc=0.297500
tatqa       acc=0.275000
tsa         rmse=0.966481 missing=0.257500
edtsum      rouge1=0.727109 rouge2=0.428768 rougeL=0.627932
ectsum      rouge1=0.690890 rouge2=0.627228 rougeL=0.683152
"""
OTHERS = {
    "ner": cases.named,
    "headlines": cases.headlines,
    "tsa": cases.rated,
    "edtsum": cases.summarised,
    "ectsum": cases.marked,
}
WANTED = {name: found for name, *found in map(str.split, OFFICIAL.strip().splitlines())}


def cases_of(name):
    if name in cases.CHOICES:
        return cases.classified(name)
    if name in cases.TAGS:
        return cases.tagged(name)
    return OTHERS[name]() if name in OTHERS else cases.answered(name)


def metrics(task, drawn):
    scorer = task.forms["generate"].scorer
    values = [scorer(task.sample(row), Response(text)).values for row, text in drawn]
    found = {}
    for metric in scorer.metrics:
        columns = metric.columns or (metric.key,)
        arrays = {name: np.array([one[name] for one in values]) for name in columns}
        made = metric.aggregate(arrays) if metric.aggregate else arrays[metric.key].mean()
        found[metric.name] = float(made)
    return found


@pytest.mark.parametrize("name", WANTED)
def test_every_metric_is_pixiu_s(name):
    wanted = {part.partition("=")[0]: float(part.partition("=")[2]) for part in WANTED[name]}
    found = metrics(getattr(finben, f"finben_{name}")(), cases_of(name))
    assert {key: found[key] for key in wanted} == pytest.approx(wanted, abs=6e-7)


def test_every_task_of_the_suite_is_held():
    assert {f"finben_{name}" for name in WANTED} == set(HOLDS)
    assert set(HOLDS) == {name for name in vars(finben) if name.startswith("finben_")}
