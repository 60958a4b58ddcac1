"""ONNX files written byte by byte (protobuf's wire format), so that no library is needed for it.

Field numbers are those of onnx.proto3: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Shape = Sequence[int | str]
_TYPES = {"float32": 1, "uint8": 2, "int64": 7, "float16": 10}


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, value: Any) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, array: Any) -> bytes:
    dims = b"".join(_field(1, side) for side in array.shape)
    kind = _field(2, _TYPES[str(array.dtype)])
    return dims + kind + _field(8, name) + _field(9, array.tobytes())


def _value(name: str, shape: Shape, kind: str) -> bytes:
    dims = b"".join(
        _field(1, _field(1, side) if isinstance(side, int) else _field(2, side)) for side in shape
    )
    tensor = _field(1, _TYPES[kind]) + _field(2, dims)
    return _field(1, name) + _field(2, _field(1, tensor))


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, int):
        return _field(1, name) + _field(3, value) + _field(20, 2)
    if isinstance(value, str):
        return _field(1, name) + _field(4, value) + _field(20, 3)
    ints = b"".join(_field(8, item) for item in value)
    return _field(1, name) + ints + _field(20, 7)


def node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> bytes:
    """One operation of a graph."""
    told = b"".join(_field(5, _attribute(key, value)) for key, value in attributes.items())
    return b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind) + told


def write_onnx(
    path: Path,
    nodes: Sequence[bytes],
    *,
    takes: Shape,
    gives: Mapping[str, Shape],
    constants: Mapping[str, Any] | None = None,
    metadata: Mapping[str, str] | None = None,
    kind: str = "float32",
) -> Path:
    """A file with the input `x` and the outputs `gives`, at opset 13."""
    graph = b"".join(_field(1, item) for item in nodes) + _field(2, "test")
    for name, array in (constants or {}).items():
        graph += _field(5, _tensor(name, np.ascontiguousarray(array)))
    graph += _field(11, _value("x", takes, kind))
    graph += b"".join(_field(12, _value(name, shape, "float32")) for name, shape in gives.items())
    model = _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))
    for key, value in (metadata or {}).items():
        model += _field(14, _field(1, key) + _field(2, value))
    path.write_bytes(model)
    return path
