"""Files that a render leaves beside the sound: the curve as CSV, a picture, a report; each whole, or not at all."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gate.closing import Closes
from gate.files.atomic import AtomicFile
from gate.realtime.curve import csv_line
from gate.render.job import Job, Settings
from gate.render.report import Report, to_json

if TYPE_CHECKING:
    from gate.render.picture import Collector


class Beside(Closes):
    """The files beside one rendered sound; those that were not asked for cost nothing."""

    def __init__(self, job: Job, settings: Settings) -> None:
        """Open the files under temporary names.

        Raises:
            AudioFileError: one is there already, or cannot be written.
        """
        self._job, self._line = job, ""
        self._collector: Collector | None = None
        with ExitStack() as stack:
            self._files = {
                path: stack.enter_context(AtomicFile(path, force=settings.force, owner=settings.owner))
                for path in job.outputs[1:]
            }
            self._stack = stack.pop_all()

    def begin(self, frames: int, blocks: int, columns: tuple[str, ...]) -> None:
        """Take what the curve's columns are, and how long the sound is.

        Raises:
            AudioFileError: a file cannot be written.
        """
        if self._job.curve is not None:
            self._line = csv_line(columns)
            self._files[self._job.curve].write((",".join(columns) + "\n").encode())
        if self._job.plot is not None:
            from gate.render.picture import Collector

            self._collector = Collector(frames, blocks, columns)

    def before(self, piece: NDArray[Any]) -> None:
        """Take the next samples of the input."""
        if self._collector is not None:
            self._collector.add_before(piece)

    def after(self, out: NDArray[Any], rows: NDArray[np.float64]) -> None:
        """Take the next samples of the output, and rows of the curve.

        Raises:
            AudioFileError: a file cannot be written.
        """
        if self._collector is not None:
            self._collector.add_after(out)
            self._collector.add_curve(rows)
        if self._job.curve is not None:
            self._files[self._job.curve].write(
                (self._line * len(rows) % tuple(rows.ravel().tolist())).encode()
            )

    def commit(self, report: Report, check_stop: Callable[[], None]) -> None:
        """Write the report, draw the picture, and give all files their names.

        Args:
            report: figures of the render.
            check_stop: raises if the render is to end.

        Raises:
            AudioFileError: a file cannot be written.
        """
        if self._job.report is not None:
            self._files[self._job.report].write(to_json(report.to_dict()))
        if self._job.plot is not None and self._collector is not None:
            from gate.render.picture import draw

            check_stop()
            title = f"{self._job.source.name}\n{report.threshold_reason}, range {report.range_db:g} dB"
            picture = self._collector.picture(title, report.seconds, report.range_db)
            with self._files[self._job.plot].stream() as file:
                draw(picture, file)
        for one in self._files.values():
            one.commit()

    def close(self) -> None:
        """Remove what was not committed; may be called twice."""
        self._stack.close()
