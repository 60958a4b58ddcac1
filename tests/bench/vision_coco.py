"""pycocotools on the files that `tests.bench.vision` made: python vision_coco.py TRUTH RESULTS.

Prints {"seconds", "cpu_s", "stats"}; runs in an environment that has pycocotools, without julja.
"""

import contextlib
import io
import json
import sys
import time
from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def main(truth: str, results: str) -> None:
    """Time the evaluation of results in memory: index, match, accumulate, summarise."""
    content, found = (json.loads(Path(name).read_text()) for name in (truth, results))
    with contextlib.redirect_stdout(io.StringIO()):
        began, cpu = time.perf_counter(), time.process_time()
        coco = COCO()
        coco.dataset = content
        coco.createIndex()
        evaluated = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluated.evaluate()
        evaluated.accumulate()
        evaluated.summarize()
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu_s": used, "stats": evaluated.stats.tolist()}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
