"""Meters of this machine: counters that wrap, GPUs behind a stand-in of the driver, failures."""

import ctypes
import time
from types import SimpleNamespace

import pytest

from julja.energy import carbon, meters
from julja.energy.cpu import CpuTime
from julja.energy.meters import Watch, open_watch
from julja.energy.nvml import open_nvml, visible
from julja.energy.part import Part, estimated
from julja.energy.rapl import open_rapl


def zone(folder, name, uj, ends=1_000_000):
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "energy_uj").write_text(f"{uj}\n")
    (folder / "max_energy_range_uj").write_text(f"{ends}\n")
    return folder / "energy_uj"


def test_packages_and_memory_are_added_and_cores_are_not(tmp_path):
    package = zone(tmp_path / "intel-rapl:0", "package-0", 100)
    memory = zone(tmp_path / "intel-rapl:0:1", "dram", 0)
    core = zone(tmp_path / "intel-rapl:0:0", "core", 0)
    everything = zone(tmp_path / "intel-rapl:1", "psys", 0)
    rapl = open_rapl(tmp_path)
    rapl.start()
    package.write_text("720100")
    memory.write_text("360000")
    core.write_text("999999")
    everything.write_text("999999")
    part = rapl.stop()
    assert part.wh == pytest.approx(1.08 / 3600)
    assert (part.part, part.method, part.measured) == ("cpu", "measured: RAPL", True)


def test_a_counter_that_starts_again_goes_on(tmp_path):
    counter = zone(tmp_path / "intel-rapl:0", "package-0", 900_000)
    rapl = open_rapl(tmp_path)
    rapl.start()
    counter.write_text("100000")
    rapl.sample()
    counter.write_text("50000")
    assert rapl.stop().wh == pytest.approx((0.2 + 0.95) / 3600)


def test_counters_that_may_not_be_read_are_none(tmp_path):
    counter = zone(tmp_path / "intel-rapl:0", "package-0", 0)
    counter.unlink()
    counter.mkdir()
    assert open_rapl(tmp_path) is None
    assert open_rapl(tmp_path / "nowhere") is None


class Driver:
    """Stands in for libnvidia-ml: GPUs with a name, a UUID, a counter (mJ) and a power (mW)."""

    def __init__(self, *gpus, works=True):
        self.gpus = gpus
        self.works = works
        self.closed = False

    def nvmlInit_v2(self):
        return 0 if self.works else 9

    def nvmlShutdown(self):
        self.closed = True
        return 0

    def nvmlDeviceGetCount_v2(self, count):
        count._obj.value = len(self.gpus)
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, handle):
        handle._obj.value = index + 1
        return 0

    def _of(self, handle):
        return self.gpus[handle.value - 1]

    def nvmlDeviceGetUUID(self, handle, text, size):
        text.value = self._of(handle).uuid
        return 0

    def nvmlDeviceGetName(self, handle, text, size):
        assert size <= ctypes.sizeof(text)
        text.value = self._of(handle).name
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle, value):
        gpu = self._of(handle)
        if gpu.mj is None:
            return 3
        value._obj.value = gpu.mj
        return 0

    def nvmlDeviceGetPowerUsage(self, handle, value):
        value._obj.value = self._of(handle).mw
        return 0


def gpu(uuid=b"GPU-a", name=b"H100", mj=0, mw=100_000):
    return SimpleNamespace(uuid=uuid, name=name, mj=mj, mw=mw)


def test_gpus_count_their_own_joules(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    one, two = gpu(mj=5_000), gpu(b"GPU-b", mj=7_000)
    driver = Driver(one, two)
    nvml = open_nvml(driver)
    assert nvml.every_s is None
    nvml.start()
    one.mj += 3_600_000
    two.mj += 1_800_000
    part = nvml.stop()
    assert part == Part("gpu", "measured: NVML", 1.5, 1.5, 1.5, "2 x H100", True)
    assert driver.closed


def test_only_visible_gpus_are_counted(monkeypatch):
    one, two = gpu(), gpu(b"GPU-b", b"L4")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-b")
    nvml = open_nvml(Driver(one, two))
    nvml.start()
    one.mj, two.mj = 3_600_000, 7_200_000
    part = nvml.stop()
    assert (part.wh, part.source) == (2.0, "1 x L4")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert open_nvml(Driver(one, two)) is None


@pytest.mark.parametrize(
    ("named", "found"),
    [("1,0", [1, 0]), ("1,1", [1]), ("-1", []), ("0,x,1", [0]), ("GPU-b,GPU-a", [1, 0])],
)
def test_visible_devices_as_cuda_reads_them(named, found, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible(["GPU-aaa", "GPU-bbb"]) == found


def test_an_old_gpus_power_is_sampled(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    old = gpu(mj=None, mw=200_000)
    nvml = open_nvml(Driver(old))
    assert nvml.every_s == 1.0
    seconds = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr("julja.energy.nvml.time.monotonic", lambda: next(seconds))
    nvml.start()
    old.mw = 400_000
    nvml.sample()
    part = nvml.stop()
    assert part.wh == pytest.approx((300 * 10 + 400 * 10) / 3600)
    assert part.method == "measured: NVML, power sampled"


def test_without_a_driver_or_a_gpu_there_is_no_meter(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert open_nvml(Driver(works=False)) is None
    empty = Driver()
    assert open_nvml(empty) is None
    assert empty.closed


def test_the_cpus_time_is_a_range():
    meter = CpuTime()
    meter.start()
    began = time.process_time()
    while time.process_time() - began < 0.2:
        sum(range(1000))
    part = meter.stop()
    assert part.low >= 0.2 * 2 / 3600
    assert part.high == pytest.approx(part.low * 7.5)
    assert not part.measured


class Fake:
    """A meter that fails at one step."""

    def __init__(self, fails="", every_s=None):
        self.part = "gpu"
        self.fails = fails
        self.every_s = every_s
        self.samples = 0

    def _step(self, name):
        if self.fails == name:
            raise RuntimeError("it fell off the bus")

    def start(self):
        self._step("start")

    def sample(self):
        self.samples += 1
        self._step("sample")

    def stop(self):
        self._step("stop")
        return estimated("gpu", "fake", 1.0, 4.0, "test")


@pytest.mark.parametrize("step", ["start", "sample", "stop"])
def test_a_meter_that_fails_is_told_once_and_left_out(step):
    bad, good = Fake(step, every_s=0.001), Fake()
    watch = Watch([bad, good])
    watch.start()
    time.sleep(0.05)
    (part,) = watch.stop()
    assert (part.wh, len(watch.notes)) == (2.0, 1)
    assert watch.notes[0].startswith("energy: the gpu meter failed")
    assert "it fell off the bus" in watch.notes[0]


def test_meters_are_read_in_between():
    fake = Fake(every_s=0.001)
    watch = Watch([fake])
    watch.start()
    time.sleep(0.05)
    watch.stop()
    seen = fake.samples
    time.sleep(0.02)
    assert seen > 1
    assert fake.samples == seen


@pytest.fixture
def bare(monkeypatch):
    """A machine without NVML, RAPL and codecarbon."""
    monkeypatch.setattr(meters, "open_nvml", lambda: None)
    monkeypatch.setattr(meters, "open_rapl", lambda: None)
    monkeypatch.setattr(carbon, "is_installed", lambda: False)


def test_the_cpus_model_stands_in_for_counters_of_this_process_only(bare):
    assert [type(meter) for meter in open_watch("counters", "process").meters] == [CpuTime]
    assert [type(meter) for meter in open_watch("codecarbon", "process").meters] == [CpuTime]
    assert open_watch("counters", "machine").meters == []


def test_counters_come_before_the_cpus_model(bare, monkeypatch):
    monkeypatch.setattr(meters, "open_nvml", Fake)
    assert [meter.part for meter in open_watch("counters", "process").meters] == ["gpu", "cpu"]
    assert [type(meter) for meter in open_watch("model", "process").meters] == [CpuTime]
    assert [meter.part for meter in open_watch("counters", "machine").meters] == ["gpu"]


class Tracker:
    """Stands in for codecarbon's."""

    def __init__(self, **settings):
        self.settings = settings

    def start(self):
        pass

    def stop(self):
        self.final_emissions_data = SimpleNamespace(
            energy_consumed=0.002, cpu_energy=0.001, gpu_energy=0.0005, ram_energy=0.0005,
            codecarbon_version="3.3.2",
        )  # fmt: skip


def test_codecarbon_is_used_where_it_is_installed(bare, monkeypatch):
    monkeypatch.setattr(carbon, "is_installed", lambda: True)
    library = SimpleNamespace(OfflineEmissionsTracker=Tracker)
    monkeypatch.setattr(carbon, "import_module", lambda name: library)
    watch = open_watch("codecarbon", "process", "FRA")
    watch.start()
    (part,) = watch.stop()
    assert part.wh == 2.0
    assert (part.method, part.measured) == ("measured: codecarbon", True)
    assert part.source == "codecarbon 3.3.2: CPU 1 Wh, GPU 0.5 Wh, RAM 0.5 Wh"
    assert watch.meters[0]._tracker.settings["country_iso_code"] == "FRA"
    assert watch.meters[0]._tracker.settings["save_to_file"] is False


def test_a_codecarbon_that_fails_makes_room_for_our_own_meters(bare, monkeypatch):
    monkeypatch.setattr(carbon, "is_installed", lambda: True)
    monkeypatch.setattr(carbon, "import_module", lambda name: SimpleNamespace())
    watch = open_watch("codecarbon", "process")
    assert [type(meter) for meter in watch.meters] == [CpuTime]
    assert "codecarbon meter failed" in watch.notes[0]
