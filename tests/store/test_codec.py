"""What the store writes is read back, and stays readable."""

import hashlib
import math

import numpy as np
import pytest

from julja.imagenet import WNIDS
from julja.likelihoods import Likelihoods
from julja.store.codec import (
    pack,
    pack_exchange,
    pack_sample,
    unpack,
    unpack_exchange,
    unpack_sample,
)
from julja.types import ChoiceLikelihood, Media, Message, Prompt, Request, Response, Sample

ASKED = Request("classify", Prompt((Message("user", "x"),)), choices=WNIDS)
LOGITS = np.random.default_rng(0).standard_normal(1000).astype(np.float32)


def test_a_sample_of_a_thousand_named_classes_is_small():
    media = (Media("val/x.JPEG", "", "image/jpeg"),)
    sample = Sample("x", "x", target=(WNIDS[7],), choices=WNIDS, answer=(7,), media=media)
    packed = pack_sample(sample)
    assert len(packed) < 400
    assert unpack_sample(packed) == sample
    assert len(pack({"choices": [name[::-1] for name in WNIDS]})) > 2000


def test_stores_that_are_written_stay_readable():
    # The dictionary of the third kind: with another list of names, old rows could not be read.
    names = hashlib.sha256(" ".join(WNIDS).encode()).hexdigest()
    assert names == "791ce0333040dd249d13133f90d28ef0263ffc01e5de0afd85b3e32048d7d456"
    kept = bytes.fromhex(KEPT)
    assert unpack(kept) == {"choices": list(WNIDS)}


@pytest.mark.parametrize(
    "found",
    [
        Likelihoods(WNIDS, LOGITS),
        Likelihoods(WNIDS, LOGITS, (4.5, 7.123456789012345)),
        Likelihoods(WNIDS, np.log(np.arange(1000) + 0.1)),
        Likelihoods(WNIDS, np.where(LOGITS > 0, LOGITS, -np.inf)),
        Likelihoods(("cat", "dog"), [-0.1, -2.5]),
    ],
)
@pytest.mark.parametrize("sealed", [False, True])
def test_likelihoods_are_read_back_to_the_last_digit(found, sealed):
    answer = Response(finish="stop", choices=found, seconds=0.5, model="m")
    packed = pack_exchange(ASKED, answer, sealed=sealed)
    request, response = unpack_exchange(packed)
    assert request == ASKED
    assert response == answer
    assert isinstance(response.choices, Likelihoods)
    assert response.choices.numbers.dtype == found.numbers.dtype
    assert (b"n01440764" in packed) is False
    assert len(packed) < found.numbers.nbytes + 500


def test_a_score_that_is_no_number_stays_one():
    # As JSON it would come back as -inf, and a second scoring would differ from the first.
    answer = Response(choices=Likelihoods(("cat", "dog"), [math.nan, math.inf]))
    _, response = unpack_exchange(pack_exchange(ASKED, answer))
    assert math.isnan(response.choices[0].loglikelihood)
    assert response.choices[1].loglikelihood == math.inf


def test_no_choices_are_none():
    answer = Response("text", choices=Likelihoods((), []))
    assert unpack_exchange(pack_exchange(ASKED, answer))[1] == Response("text")


def test_exchanges_with_likelihoods_as_json_stay_readable():
    request, response = unpack_exchange(b"\0" + EXCHANGE.encode())
    assert request.choices == ("cat", "dog", "eel")
    assert response.choices == (
        ChoiceLikelihood("cat", -0.1),
        ChoiceLikelihood("dog", -math.inf),
        ChoiceLikelihood("eel", -2.5, 1, True, -3.0),
    )


EXCHANGE = (
    '[{"kind":"classify","messages":[["user","x"]],"decoding":[512,0.0,null,[],null],'
    '"choices":["cat","dog","eel"],"repeat":0},{"text":"","reasoning":null,"finish":"stop",'
    '"choices":[["cat",-0.1,null,null],["dog",null,null,null],["eel",-2.5,1,true,-3.0]],'
    '"usage":[null,null,null,null],"seconds":null,"attempts":1,"model":"m"}]'
)
KEPT = "0328b52ffd60ed2dad0000607b2263686f69636573223a7d0100deeeddf1d50b"
