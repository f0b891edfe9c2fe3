"""Fails a run on a build server in which a test was skipped for a reason that is not listed here.

Loaded by ``-p tests.plugin_no_skips`` (pyproject.toml). A skip that nobody sees is a test that nobody runs.
"""

import os

import pytest

ALLOWED = (
    ("gpu", "no CUDA device"),
    ("", "only x86 has an MXCSR register"),
    ("", "memory is read from /proc"),
    ("", "no C compiler makes the toy plugin"),
    ("audio", "python-rtmidi has no wheel for this Python"),
)
"""(marker that the test must have, or none; start of the reason): what a build server may lack."""

_skipped: list[str] = []


def is_allowed(markers: set[str], reason: str) -> bool:
    """Is this reason, on a test with these markers, on the list?"""
    return any((not marker or marker in markers) and reason.startswith(start) for marker, start in ALLOWED)


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words given to pytest.skip or pytest.mark.skipif."""
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = reason_of(report)
        if not is_allowed(set(report.keywords), reason):
            _skipped.append(f"{report.nodeid}: {reason}")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _skipped.append(f"{report.nodeid}: {reason_of(report)}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if _skipped and os.environ.get("CI") == "true" and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped and os.environ.get("CI") == "true":
        terminalreporter.section("skipped, and not on the list in tests/plugin_no_skips.py", red=True)
        for line in _skipped:
            terminalreporter.line(line)
