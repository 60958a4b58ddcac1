"""What the store writes is read back, and stays readable."""

import hashlib

from julja.imagenet import WNIDS
from julja.store.codec import pack, pack_sample, unpack, unpack_sample
from julja.types import Media, Sample


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


KEPT = "0328b52ffd60ed2dad0000607b2263686f69636573223a7d0100deeeddf1d50b"
