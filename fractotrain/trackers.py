"""TensorBoard and MLflow: told of the epochs that the file of metrics is told of, if the settings ask for them."""

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data_contracts.errors import MissingToolError, UsageError
from fractotrain.checkpoint import fingerprint
from fractotrain.metrics_log import Facts, Sink
from fractotrain.settings import without_password
from fractotrain.train import Plan

EXPERIMENT = "fracto"
WORK_TAG = "fracto.work"
"""Tag of an MLflow run: what it computes. The same work, not finished, is the same run."""
_FIGURES = ("training_loss", "validation_macro_f1", "inner_macro_f1", "learning_rate")


def open_trackers(plan: Plan) -> list[Sink]:
    """The trackers that the settings ask for, ready, before anything is computed.

    Raises:
        MissingToolError: the package of one is not installed.
        UsageError: its folder cannot be written, or its server does not answer.
    """
    log, found = plan.settings.log, list[Sink]()
    work = work_name(plan)
    try:
        if log.tensorboard is not None:
            found.append(TensorBoard(log.tensorboard / f"{plan.settings.recipe}-{work}"))
        if log.mlflow is not None:
            found.append(Mlflow(log.mlflow, plan.settings.recipe, work, _flat(plan.settings.model_dump(mode="json"))))
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise MissingToolError(
            f"log.tensorboard and log.mlflow need packages of their own; {package} is not installed: "
            "pip install 'fracto[trackers]'"
        ) from error
    return found


def work_name(plan: Plan) -> str:
    """16 hex digits of what a run computes: a run that was killed and the one that goes on have the same."""
    return fingerprint(
        settings=plan.settings.what_decides(),
        dataset=plan.training_set.dataset_hash,
        split=plan.training_set.split.split_id,
        weights=plan.weights.sha256,
    )


class TensorBoard:
    """A folder of event files per fit, so that the folds lie over each other in one chart."""

    def __init__(self, folder: Path) -> None:
        """Raise ``ModuleNotFoundError`` without tensorboard, ``UsageError`` if the folder cannot be made."""
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - of an extra

        self.name = "TensorBoard"
        self._folder, self._open = folder, SummaryWriter
        self._writers: dict[str, Any] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"log.tensorboard: {folder} cannot be made: {error.strerror}") from error

    def epoch(self, facts: Facts) -> None:
        """Write the figures of an epoch at its number, from 1 on."""
        name, step = fit_name(facts["fold"]), facts["epoch"] + 1
        if name not in self._writers:  # from this step on, what an earlier, killed process wrote counts no more
            self._writers[name] = self._open(str(self._folder / name), purge_step=step)
        for figure in _FIGURES:
            if facts[figure] is not None:
                self._writers[name].add_scalar(figure, facts[figure], step)
        self._writers[name].flush()

    def finish(self, figures: Mapping[str, float]) -> None:
        """Write the closing figures and close the files."""
        closing = self._open(str(self._folder), purge_step=0)
        for figure, value in figures.items():
            closing.add_scalar(figure, value, 0)
        for writer in (closing, *self._writers.values()):
            writer.close()


class Mlflow:
    """One MLflow run per run; one that was killed goes on as the same."""

    def __init__(self, uri: str, recipe: str, work: str, parameters: Mapping[str, str]) -> None:
        """Raise ``ModuleNotFoundError`` without MLflow, ``UsageError`` if the server or store cannot be used."""
        # Unless told otherwise: a server that is away must not hold a run up for minutes, and nobody is told of it.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        with _deaf():
            from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415 - of an extra
            from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - as above

            self.name = "MLflow"
            self._metric, self._seen = Metric, dict[str, set[int]]()
            try:
                self._client = MlflowClient(tracking_uri=uri)
                experiment = self._client.get_experiment_by_name(EXPERIMENT)
                number = experiment.experiment_id if experiment else self._client.create_experiment(EXPERIMENT)
                same = f"tags.`{WORK_TAG}` = '{work}' AND attributes.status != 'FINISHED'"
                earlier = self._client.search_runs([number], same, max_results=1)
                if earlier:
                    self._run = earlier[0].info.run_id
                    self._client.update_run(self._run, "RUNNING")
                else:
                    self._run = self._client.create_run(number, run_name=f"{recipe}-{work}").info.run_id
                    given = [Param(key, value[:500]) for key, value in parameters.items()]
                    self._client.log_batch(self._run, params=given, tags=[RunTag(WORK_TAG, work)])
            except MlflowException as error:
                shown = without_password(uri)
                said = str(error).splitlines()[0].replace(uri, shown)
                raise UsageError(f"log.mlflow={shown}: cannot be used: {said}") from error

    def epoch(self, facts: Facts) -> None:
        """Log the figures of an epoch at its number, from 1 on; those that a killed process logged stay as they are."""
        step, at = facts["epoch"] + 1, facts["at_ms"]
        with _deaf():
            metrics = []
            for figure in _FIGURES:
                key = f"{fit_name(facts['fold'])}/{figure}"
                if facts[figure] is not None and step not in self._steps(key):
                    metrics.append(self._metric(key, facts[figure], at, step))
            self._client.log_batch(self._run, metrics=metrics)

    def _steps(self, key: str) -> set[int]:
        if key not in self._seen:
            self._seen[key] = {metric.step for metric in self._client.get_metric_history(self._run, key)}
        return self._seen[key]

    def finish(self, figures: Mapping[str, float]) -> None:
        """Log the closing figures; the run is finished."""
        with _deaf():
            self._client.log_batch(self._run, metrics=[self._metric(k, v, 0, 0) for k, v in figures.items()])
            self._client.set_terminated(self._run, "FINISHED")


def fit_name(fold: int) -> str:
    """As trackers show it."""
    return "final" if fold < 0 else f"fold_{fold}"


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """MLflow's own use of what its packages will drop one day is no news for our users."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": str(value)}
    return found
