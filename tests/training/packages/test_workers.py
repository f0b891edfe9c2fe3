"""Processes do tasks in order, and one that dies is told."""

import os

import pytest

from training.packages.workers import Workers


def double(number: int) -> int:
    """Return twice a number; end the process, as a killed one ends, for a negative one."""
    if number < 0:
        os._exit(9)
    return 2 * number


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order(jobs):
    """Whatever the number of processes, results are those of the tasks in their order."""
    with Workers(jobs) as workers:
        assert list(workers.map(double, range(50))) == [2 * number for number in range(50)]


def test_a_process_that_dies_is_told_and_replaced():
    """A task that brings its process down raises what to do, and the next tasks are done."""
    with Workers(2) as workers:
        with pytest.raises(
            ValueError, match=r"got one that was killed; .* the same command with --jobs 1 goes on"
        ):
            list(workers.map(double, [1, -1, 2]))
        assert list(workers.map(double, [3, 4])) == [6, 8]
