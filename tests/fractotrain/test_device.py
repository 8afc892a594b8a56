"""The machine is chosen as asked, or the run is refused."""

import pytest
import torch

from data_contracts.errors import UsageError
from fractotrain.device import choose_machine, default_recipe
from fractotrain.settings import compose_settings

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: it would be used")


@without_gpu
def test_without_a_gpu_the_default_is_the_fast_recipe() -> None:
    """No GPU, no weights: the recipe that works anyway."""
    assert default_recipe() == "fast"


@without_gpu
@pytest.mark.parametrize("override", ["device=cuda", "optim.precision=fp16"])
def test_what_the_machine_lacks_is_said(override: str) -> None:
    """A GPU, or fp16 on a CPU: a usage error with the way out, no silent replacement."""
    with pytest.raises(UsageError, match="take"):
        choose_machine(compose_settings(["recipe=base", override]))


def test_threads_follow_settings_then_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """threads=... wins, then OMP_NUM_THREADS, and torch really uses them."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert choose_machine(compose_settings(["recipe=fast", "device=cpu"])).n_threads == 1
    assert choose_machine(compose_settings(["recipe=fast", "device=cpu", "threads=2"])).n_threads == 2
    assert torch.get_num_threads() == 2
    monkeypatch.setattr("fractotrain.device.processors", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    assert choose_machine(compose_settings(["recipe=base", "device=cpu", "cv.parallel=3"])).n_threads == 2


@pytest.mark.parametrize(
    ("units", "precision"), [({"avx512_bf16": True}, "bf16"), ({"amx_bf16": False, "avx512_f": True}, "fp32")]
)
def test_automatic_precision_on_a_cpu(units: dict[str, bool], precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """bf16 where the CPU has units for it, else fp32; the tiny model, which gains nothing, stays at fp32."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    assert choose_machine(compose_settings(["recipe=base", "device=cpu"])).precision == precision
    assert choose_machine(compose_settings(["recipe=fast", "device=cpu"])).precision == "fp32"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_automatic_precision_on_a_gpu_is_half() -> None:
    """Automatic precision trains in bf16 where the device has it, else in fp16."""
    assert choose_machine(compose_settings(["recipe=base"])).precision in {"bf16", "fp16"}
