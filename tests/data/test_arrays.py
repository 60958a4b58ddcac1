"""IDX, NumPy's and CIFAR's files as rows, and files that are none."""

import gzip
import io
import pickle

import numpy as np
import pytest
from PIL import Image

from julja.data.arrays import is_array
from julja.data.files import read_rows
from julja.errors import DataError

PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array, kind=8):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.tobytes()


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def pixels_of(row):
    return np.asarray(Image.open(io.BytesIO(row["picture"])))


def written(folder, name, data):
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "x-images.idx3-ubyte.gz"])
def test_pictures_of_an_idx_file_keep_every_pixel(tmp_path, name):
    rows = read_rows(written(tmp_path, name, idx(PIXELS)))
    assert [row["index"] for row in rows] == [0, 1]
    assert all((pixels_of(row) == PIXELS[row["index"]]).all() for row in rows)


def test_labels_and_scores(tmp_path):
    labels = read_rows(written(tmp_path, "t10k-labels-idx1-ubyte", idx(np.uint8([7, 2]))))
    assert labels == [{"index": 0, "label": 7}, {"index": 1, "label": 2}]
    same = read_rows(written(tmp_path, "labels.npy", npy(np.int32([7, 2]))))
    assert same == labels
    scores = read_rows(written(tmp_path, "logits.npy", npy(np.float32([[0.5, 2.0]]))))
    assert [(row["index"], row["scores"].tolist()) for row in scores] == [(0, [0.5, 2.0])]


def test_cifar_s_records_are_planes(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    planes = picture.transpose(2, 0, 1).tobytes()
    (ten,) = read_rows(written(tmp_path, "test_batch.bin", b"\x06" + planes))
    (hundred,) = read_rows(written(tmp_path, "test.bin", b"\x02\x63" + planes))
    assert (ten["label"], hundred["coarse"], hundred["label"]) == (6, 2, 99)
    assert (pixels_of(ten) == picture).all()
    assert (pixels_of(hundred) == picture).all()


WHOLE = idx(PIXELS)
ODD = {
    "a-idx3-ubyte": (WHOLE[:-1], "2 x 3 x 4 bytes, and there are 23"),
    "b-idx3-ubyte": (WHOLE + b"x", "there are 25"),
    "c-idx3-ubyte": (b"", "no IDX file"),
    "d-idx3-ubyte": (b"<html>no such file</html>", "no IDX file"),
    "e-idx3-ubyte": (idx(PIXELS, kind=0x0D), "type 0x0d"),
    "f-idx3-ubyte": (WHOLE[:9], "there are 0"),
    "g-idx3-ubyte.gz": (None, "can't be unpacked"),
    "h.npy": (npy(np.int32([1, 2]))[:-2], "damaged"),
    "i.npy": (npy(np.zeros((1, 2, 3, 4, 5))), "shape"),
    "j.npy": (npy(np.array(["cat"])), "an array of"),
    "test_batch.bin": (b"x" * 3072, "no whole number of records"),
    "test.bin": (b"", "no whole number of records"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_refused_by_name(tmp_path, name):
    data, said = ODD[name]
    path = tmp_path / name
    path.write_bytes(gzip.compress(WHOLE)[:-9] if data is None else data)
    with pytest.raises(DataError, match=said) as caught:
        read_rows(path)
    assert name in caught.value.message


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


def test_a_pickle_is_never_run(tmp_path):
    out = io.BytesIO()
    np.save(out, np.array([Trap()], dtype=object), allow_pickle=True)
    for data in (out.getvalue(), pickle.dumps(Trap())):
        with pytest.raises(DataError):
            read_rows(written(tmp_path, "labels.npy", data))


def test_other_files_are_no_arrays():
    assert not any(map(is_array, ("a.jsonl", "weights.bin", "latest.bin", "npy.txt", "ubyte")))
