"""One minute on a machine with an NVIDIA GPU: does julja's NVML meter say what the GPU uses?

    PYTHONPATH=src python tests/energy/nvml_check.py

Needs the driver and nothing else (of julja, only the standard library is imported). Reads the meter
over an idle 10 s and a busy 20 s, beside power readings of its own; the busy part multiplies
matrices where torch is there. Prints one JSON object; exits 1 where meter and readings are more
than 15 % apart, or where being busy costs no more than being idle.
"""

import json
import sys
import threading
import time

from julja.energy.nvml import Library, open_nvml

IDLE_S, BUSY_S, APART = 10.0, 20.0, 0.15


class Power(threading.Thread):
    """The mean of the power readings (W), ten a second, of all visible GPUs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.readings = []
        self.ended = threading.Event()

    def run(self):
        library = Library()
        handles = library.devices()
        while not self.ended.wait(0.1):
            self.readings.append(sum(library.watts(handle) for handle in handles))
        library.close()

    def mean(self):
        self.ended.set()
        self.join()
        return sum(self.readings) / len(self.readings)


def watched(work, seconds):
    meter, power = open_nvml(), Power()
    if meter is None:
        sys.exit("no NVIDIA GPU here that may be used")
    power.start()
    began = time.monotonic()
    meter.start()
    work(seconds)
    part = meter.stop()
    took = time.monotonic() - began
    watts, read = 3600 * part.wh / took, power.mean()
    return {
        "wh": part.wh, "seconds": took, "watts": watts, "watts_read": read,
        "apart": abs(watts - read) / read, "method": part.method, "gpus": part.source,
    }  # fmt: skip


def multiply(seconds):
    try:
        import torch
    except ImportError:
        torch = None
    if torch is None or not torch.cuda.is_available():
        time.sleep(seconds)
        return
    matrix = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for _ in range(20):
            matrix @ matrix
        torch.cuda.synchronize()


def main():
    idle, busy = watched(time.sleep, IDLE_S), watched(multiply, BUSY_S)
    torch_here = "torch" in sys.modules
    good = idle["apart"] <= APART and busy["apart"] <= APART
    good = good and (busy["watts"] > 1.5 * idle["watts"] or not torch_here)
    print(json.dumps({"ok": good, "torch": torch_here, "idle": idle, "busy": busy}, indent=1))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
