"""Errors that trying again cannot mend, told to a person and not retried."""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Backoff, DagsterExecutionInterruptedError, Failure, Jitter, RetryPolicy


@contextmanager
def final(*errors: type[Exception]) -> Iterator[None]:
    """Turn `errors`, whose messages already say what to do, into failures that are not retried.

    So is being asked to stop: Dagster's retry policies would start the step again.
    """
    try:
        yield
    except DagsterExecutionInterruptedError as error:
        raise Failure(description="stopped on request", allow_retries=False) from error
    except errors as error:
        raise Failure(description=str(error), allow_retries=False) from error


def retrying(times: int) -> RetryPolicy:
    """Try a step again up to `times` more, after 5, 10, 20 ... seconds, give or take."""
    return RetryPolicy(max_retries=times, delay=5, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS)
