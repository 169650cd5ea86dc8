"""Work handed out: in this process, to processes of this machine, or to a Dask cluster, through joblib."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import joblib

from derivations.errors import CellError
from derivations.verdict import Result
from numeric.campaign.job import Job
from numeric.campaign.store import Store

FAILED = "verification"  # the method of the only result of a cell on which gateproof itself failed
SECONDS = 10  # to reach a cluster

Found: TypeAlias = tuple[int, list[Result], bool]  # the number of a job, its results, whether they were kept from before


@dataclass(frozen=True, slots=True)
class Workers:
    """Where the work is done."""

    processes: int = 1
    cluster: str = ""


def hand_out(jobs: Sequence[Job], store: Store, workers: Workers) -> Iterator[Found]:
    """The results of every job as they come in, each kept at once: a run that is killed goes on where it was."""
    waiting = []
    for number, job in enumerate(jobs):
        kept = _read(store.get(job.key))
        if kept is None:
            waiting.append(number)
        else:
            yield number, kept, True
    waiting.sort(key=lambda number: -jobs[number].weight)  # a long one at the end would leave the others without work
    with _backend(workers):
        processes = -1 if workers.cluster else max(1, min(workers.processes, len(waiting)))
        parallel = joblib.Parallel(n_jobs=processes, return_as="generator_unordered", batch_size=1, pre_dispatch="all")
        for number, results, failed in parallel(joblib.delayed(_done)(number, jobs[number]) for number in waiting):
            if not failed:
                store.put(jobs[number].key, results)
            yield number, [Result.from_json(result) for result in results], False


def _read(data: list[dict[str, Any]] | None) -> list[Result] | None:
    """Results that were kept; None where they cannot be read, as after a damage."""
    try:
        return None if data is None else [Result.from_json(item) for item in data]
    except (TypeError, ValueError):
        return None


def _done(number: int, job: Job) -> tuple[int, list[dict[str, Any]], bool]:
    """The results of a job; where gateproof itself fails, that is what is found, and the other cells go on."""
    try:
        return number, job.run(), False
    except CellError:
        raise
    except Exception as error:
        why = f"gateproof failed: {type(error).__name__}: {error}"
        return number, [Result(job.name, "all statements", "code", "undecided", FAILED, why=why).as_json()], True


def _backend(workers: Workers) -> AbstractContextManager[object]:
    return _cluster(workers.cluster) if workers.cluster else nullcontext()


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """A connection to a Dask scheduler; its workers have to have gateproof installed."""
    try:
        from distributed import Client
    except ImportError:
        raise CellError("--cluster needs Dask", hint="pip install 'gateproof[cluster]'") from None
    try:
        client = Client(address, timeout=SECONDS, set_as_default=True)
    except (OSError, ValueError, TypeError) as error:
        raise CellError(
            f"no Dask scheduler at {address}: {error}", hint="start one with: dask scheduler; an address is tcp://HOST:8786"
        ) from None
    with client, joblib.parallel_config(backend="dask"):
        yield
