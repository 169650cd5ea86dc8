"""Work handed out: in this process, to processes of this machine, or to a Dask cluster, through joblib."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from derivations.errors import CellError
from derivations.verdict import Result, failure
from numeric.campaign.job import Job
from numeric.campaign.store import Store

SECONDS = 10  # to reach a cluster

# A job's number, its results or why there are none, whether they were kept from before.
Found: TypeAlias = tuple[int, list[Result] | CellError, bool]


@dataclass(frozen=True, slots=True)
class Workers:
    """Where the work is done."""

    processes: int = 1
    cluster: str = ""


def hand_out(jobs: Sequence[Job], store: Store, workers: Workers) -> Iterator[Found]:
    """The results of every job as they come in, each kept at once: a run that is killed goes on where it was.

    A job that cannot be read takes no other with it. Raises ``CellError`` where the work cannot be done at all.
    """
    waiting = []
    for number, job in enumerate(jobs):
        kept = _read(store.get(job.key))
        if kept is None:
            waiting.append(number)
        else:
            yield number, kept, True
    waiting.sort(key=lambda number: -jobs[number].weight)  # a long one at the end would leave the others without work
    if not waiting:
        return
    with _backend(workers), _all_alive(workers):
        processes = -1 if workers.cluster else max(1, min(workers.processes, len(waiting)))
        parallel = joblib.Parallel(n_jobs=processes, return_as="generator_unordered", batch_size=1, pre_dispatch="all")
        for number, results, error in parallel(joblib.delayed(_done)(number, jobs[number]) for number in waiting):
            if error:
                yield number, error, False
                continue
            found = [Result.from_json(result) for result in results]
            if not any(result.failed for result in found):
                store.put(jobs[number].key, results)
            yield number, found, False


def _read(data: list[dict[str, Any]] | None) -> list[Result] | None:
    """Results that were kept; None where they cannot be read, as after a damage."""
    try:
        return None if data is None else [Result.from_json(item) for item in data]
    except (TypeError, ValueError):
        return None


def _done(number: int, job: Job) -> tuple[int, list[dict[str, Any]], CellError | None]:
    """The results of a job, or why it cannot be read; where gateproof itself fails, that is what is found."""
    try:
        return number, job.run(), None
    except CellError as error:
        return number, [], error
    except Exception as error:
        return number, [failure(job.name, "all statements", error).as_json()], None


@contextmanager
def _all_alive(workers: Workers) -> Iterator[None]:
    """What happens to the processes or machines that do the work, in words."""
    try:
        yield
    except TerminatedWorkerError:
        raise CellError(
            "a process that did the work was killed, perhaps for its memory", hint="what was found is kept; go on with fewer: -j 1"
        ) from None
    except TimeoutError:
        raise CellError(f"no worker at {workers.cluster}", hint=f"start one with: dask worker {workers.cluster}") from None


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
    with client, joblib.parallel_config(backend="dask", wait_for_workers_timeout=SECONDS):
        yield
