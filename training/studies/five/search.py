"""Many trainings: a search by Optuna, or a plan to go through; on disk, continued, on several cores.

FOLDER/trials.journal holds them all. A search and each plan are a study of their own, named by target, data, features,
architecture and purpose. An interrupted training is begun again; a finished one is never repeated.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.studies.five.settings import Settings, grid, words

STARTUP = 5
"""Trials drawn at random before Optuna's estimator has an opinion."""


@dataclass(frozen=True)
class Task:
    """One study: its place, its name, its data; a plan, or a number of trials to search."""

    out: Path
    store: Path
    target: str
    what: str
    base: Settings
    plan: tuple[Settings, ...] = ()
    trials: int = 0

    @property
    def name(self) -> str:
        """Target, data, features, architecture, purpose, epochs, seed: whatever must not be mixed."""
        b = self.base
        return f"{self.target}|{self.store.name}|{b.features}|{b.arch}|{self.what}|{b.epochs} epochs|seed {b.seed}"


@dataclass(frozen=True)
class Row:
    """A finished training; ``result`` as in ``fit.Result``, empty if the loss was never a number."""

    target: str
    store: str
    what: str
    settings: Settings
    result: dict[str, Any]


def open_study(out: Path, name: str) -> Any:
    """Open a study in FOLDER/trials.journal, made if it is not there.

    Raises:
        ModuleNotFoundError: Optuna is not installed.
    """
    optuna = need_optuna()
    return optuna.create_study(storage=_storage(out), study_name=name, load_if_exists=True)


def read(out: Path) -> list[Row]:
    """Read every finished training in a folder, in the order of the studies' names.

    Raises:
        FileNotFoundError: there is no journal.
    """
    if not (out / "trials.journal").is_file():
        raise FileNotFoundError(
            f"expected trials in {out / 'trials.journal'}, got no such file; run some first"
        )
    optuna = need_optuna()
    storage = _storage(out)
    rows = []
    for name in sorted(optuna.get_all_study_names(storage)):
        target, store, _, _, what, *_ = name.split("|")
        for trial in optuna.load_study(study_name=name, storage=storage).trials:
            if _is_done(trial):
                settings = Settings.of(trial.user_attrs["settings"])
                rows.append(Row(target, store, what, settings, trial.user_attrs["result"]))
    return rows


def best(out: Path, store: str, target: str, base: Settings) -> Settings:
    """Find the settings of least validation loss, of trainings of these data with a base's architecture and features.

    Without such trainings ``base`` itself. Variants and the runs with the published settings are not looked at.
    """
    if not (out / "trials.journal").is_file():
        return base
    found = [
        row
        for row in read(out)
        if (row.store, row.target, row.settings.arch, row.settings.features)
        == (store, target, base.arch, base.features)
        and row.what.startswith("search")
        and row.result
    ]
    if not found:
        return base
    settings = min(found, key=lambda row: row.result["val_loss"]).settings
    return replace(settings, epochs=base.epochs, seed=base.seed)


def run(tasks: Sequence[Task], jobs: int = 1) -> None:
    """Go through tasks until each has what it asks for, with ``jobs`` processes.

    Raises:
        RuntimeError: a process ended with an error. ValueError: settings that fit no data.
    """
    for task in tasks:
        _forget_interrupted(task)
    if jobs == 1:
        _work(tasks, 0, 1)
        return
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(tasks, i, jobs)) for i in range(jobs)]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
                worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("expected every process to end well, got one that did not; see its message above")


def _work(tasks: Sequence[Task], mine: int, jobs: int) -> None:
    """Do one process's share of every task."""
    import torch

    from training.studies.five.fit import Inputs, fit
    from training.studies.five.store import load

    torch.set_num_threads(1)
    kept: dict[tuple[Path, str], Inputs] = {}
    for number, task in enumerate(tasks):
        study = open_study(task.out, task.name)
        # turn by turn, so that one trial of each task is not the first process's alone
        for trial, settings in _asked(study, task, (mine + number) % jobs, jobs):
            key = (task.store, settings.features)
            if key not in kept:
                kept.clear()  # one data set's tables at a time
                kept[key] = Inputs(load(task.store), settings.features)
            trial.set_user_attr("process", os.getpid())
            trial.set_user_attr("settings", settings.as_dict())
            try:
                result = fit(kept[key], settings).as_dict()
            except FloatingPointError:
                result = {}
            trial.set_user_attr("result", result)
            if result:
                study.tell(trial, result["val_loss"])
                said = f"loss {result['val_loss']:.4f}, F1 {result['val_f1']:.3f}, {result['seconds']:.0f} s"
            else:
                study.tell(trial, state=need_optuna().trial.TrialState.FAIL)
                said = "came to no number"
            print(
                f"{task.target} {settings.features} {settings.arch} {task.what} {trial.number}: {said} "
                f"({words(settings)})",
                file=sys.stderr,
                flush=True,
            )


def _asked(study: Any, task: Task, mine: int, jobs: int) -> Iterator[tuple[Any, Settings]]:
    """Yield the trials that this process is to do."""
    done = [Settings.of(t.user_attrs["settings"]) for t in study.trials if _is_done(t)]
    if task.plan:
        for settings in [s for s in _unique(task.plan) if s not in done][mine::jobs]:
            yield study.ask(), settings
        return
    left = max(task.trials - len(done), 0)
    for _ in range(left // jobs + (mine < left % jobs)):
        # what the sampler draws depends on the seed and the trials there are, not on how often the command was stopped
        study.sampler = need_optuna().samplers.TPESampler(
            seed=task.base.seed * 100_003 + len(done) * jobs + mine, n_startup_trials=STARTUP
        )
        if not done and mine == 0:  # the first trial is the defaults: a few trials should not all be far off
            first = {name: getattr(task.base, name) for name in grid(task.base.arch)}
            study.enqueue_trial(first | ({"layers": task.base.depth} if "layers" in first else {}))
        trial = study.ask()
        chosen = {name: trial.suggest_categorical(name, list(v)) for name, v in grid(task.base.arch).items()}
        yield trial, replace(task.base, **chosen)
        done.append(task.base)


def _forget_interrupted(task: Task) -> None:
    """End trials that an earlier run left unfinished, unless their process is still at work in another command."""
    study = open_study(task.out, task.name)
    for trial in study.trials:
        if not trial.state.is_finished() and not _is_alive(trial.user_attrs.get("process")):
            study.tell(trial.number, state=need_optuna().trial.TrialState.FAIL)


def _is_alive(process: int | None) -> bool:
    """Tell whether a process of this number runs on this machine."""
    if process is None or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _is_done(trial: Any) -> bool:
    return bool(trial.state.is_finished()) and "result" in trial.user_attrs


def _unique(plan: Iterable[Settings]) -> list[Settings]:
    return list(dict.fromkeys(plan))


def _storage(out: Path) -> Any:
    need_optuna()
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    out.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(out / "trials.journal")))


def need_optuna() -> Any:
    """Import Optuna, and make it quiet.

    Raises:
        ModuleNotFoundError: Optuna is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "expected Optuna for the trials, got none installed; pip install -c constraints.txt '.[learn,study]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
