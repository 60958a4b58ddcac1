"""evalica on the battles of `tests.bench.ratings`; runs in the peers' environment, prints JSON."""

import json
import sys
import time

import numpy as np


def main(battles_file: str, rounds: int) -> None:
    import evalica

    data = np.load(battles_file)
    names = [f"model-{number:03}" for number in range(int(data["models"]))]
    xs = [names[code] for code in data["a"].tolist()]
    ys = [names[code] for code in data["b"].tolist()]
    kinds = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}
    winners = [kinds[value] for value in data["outcome"].tolist()]

    times = []
    for _ in range(3):
        began = time.process_time()
        fitted = evalica.bradley_terry(xs, ys, winners)
        times.append(time.process_time() - began)

    began = time.process_time()
    # Percentiles: its default, BCa, fits once more for every single battle left out.
    evalica.bootstrap(
        evalica.bradley_terry, xs, ys, winners, n_resamples=rounds, bootstrap_method="percentile"
    )
    each = (time.process_time() - began) / rounds
    strengths = np.array([fitted.scores[name] for name in names])
    found = {
        "version": evalica.__version__,
        "fit_s": min(times),
        "bootstrap_each_s": each,
        "ratings": np.log(strengths).tolist(),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
