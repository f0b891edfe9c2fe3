"""One file through the engine: in, gated, out; same length, nothing shifted, all of it or nothing."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.engine.engine import CURVE_COLUMNS, Engine
from gate.errors import AudioFileError, DeviceError, RenderError
from gate.files.atomic import AtomicFile
from gate.files.sound_format import output_layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer
from gate.render.auto_threshold import AutoThreshold, measure
from gate.render.job import Interrupted, Job, Settings
from gate.render.key_file import KeyFile
from gate.render.remarks import judge
from gate.render.report import Report, Tally, to_json
from gate.render.shadow import Shadow

BATCH = 256
"""Blocks in one run of the model, offline."""

CHUNK = 102_400
"""Samples, of all channels together, that go through at once: four runs of the model for mono at 48 kHz."""

_CSV_FORMATS = ("%.6f", "%.6f", "%.6f", "%.4f", "%.3f", "%.3f", "%.3f", "%.2f", "%.2f", "%.3f", "%.3f")
"""One for each of ``CURVE_COLUMNS``: times to a microsecond, gain to 1e-4 dB. What a guard adds is as ``_CSV_GUARD``."""

_CSV_GUARD = "%.4f"


def render_file(
    job: Job,
    settings: Settings,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, frames: None,
) -> Report:
    """Render one file; its outputs are there, whole, when this returns, and none of them when it raises.

    Args:
        job: what to render.
        settings: how.
        stop: asked now and then; True ends it.
        progress: told the frames done, and the frames in all.

    Raises:
        GateError: input, output, model or device are not what they should be.
        Interrupted: ``stop`` said so.
    """
    return _Render(job, settings, stop, progress).run()


class _Render:
    """One file on its way; made for one ``run``."""

    def __init__(
        self, job: Job, settings: Settings, stop: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> None:
        self.job, self.settings, self.stop, self.progress = job, settings, stop, progress
        self.started = time.perf_counter(), time.process_time()
        shut = None if settings.guard is None else len(CURVE_COLUMNS)
        openness, gain_db, level_db = map(CURVE_COLUMNS.index, ("openness", "gain_db", "level_db"))
        self.tally = Tally(openness, gain_db, level_db, shut)
        self.rows_taken = 0
        self.frames_in = 0
        self.key_peak = 0.0

    def run(self) -> Report:
        """Do it all."""
        job, settings = self.job, self.settings
        with ExitStack() as stack:
            self.source = source = stack.enter_context(Reader(job.source))
            self.key = None if settings.key is None else stack.enter_context(KeyFile(settings.key, source))
            layout, note = output_layout(source.layout, source.frames, job.target)
            sink = Writer(
                job.target, layout, source=source.source, force=settings.force, owner=settings.owner
            )
            self.sink = stack.enter_context(sink)
            self.extras = {
                path: stack.enter_context(AtomicFile(path, force=settings.force, owner=settings.owner))
                for path in job.outputs[1:]
            }
            auto = self._measure()
            device, notes = self._open_engine(auto.threshold_db, stack)
            self._plan()
            for piece, of_file in self._pieces():
                self._render(piece, of_file)
            sink.finish()
            report = self._report(auto, device, [*([] if note is None else [note]), *sink.notes, *notes])
            self._write_extras(report)
            for file in self.extras.values():
                file.commit()
            sink.commit()
        return report

    # -- before

    def _measure(self) -> AutoThreshold:
        settings = self.settings
        if settings.threshold_db is not None:
            reason = "the preset's" if settings.threshold_from == "preset" else "as given"
            sentence = f"threshold {settings.threshold_db:.1f} dBFS, {reason}"
            return AutoThreshold(settings.threshold_db, math.nan, math.nan, sentence)
        layout = self.source.layout
        with Reader(settings.key or self.job.source) as listened:
            channels = listened.layout.channels
            return measure(listened, layout.rate, channels, settings.fallback_db, self._check_stop)

    def _open_engine(self, threshold_db: float, stack: ExitStack) -> tuple[str, list[str]]:
        """Make the engine; returns the device it runs on, and what there is to say about that."""
        settings, layout = self.settings, self.source.layout
        # at least one run of the model a chunk at any rate, or the engine would wait for the next one
        chunk = max(CHUNK // layout.channels, math.ceil(BATCH * BLOCK * layout.rate / RATE))
        batch = BATCH
        if settings.live_buffer is not None:
            chunk = max(chunk // settings.live_buffer, 1) * settings.live_buffer
            batch = 1
        self.buffer: NDArray[Any] = np.empty((chunk, layout.channels), self.source.dtype)

        def open_(device: Literal["cpu", "cuda"]) -> Engine:
            engine = Engine(
                settings.contract,
                rate=layout.rate,
                channels=layout.channels,
                threshold_db=threshold_db,
                range_db=settings.range_db,
                lookahead_ms=settings.lookahead_ms,
                link=settings.link,
                batch=batch,
                curve_rows=math.ceil(chunk * RATE / (BLOCK * layout.rate)) + batch + 8,
                dtype=self.source.dtype,
                device=device,
                guard=settings.guard,
                overrides=settings.overrides,
                key_channels=0 if self.key is None else self.key.channels,
            )
            return stack.enter_context(engine)

        self.shadow: Shadow | None = None
        if settings.device == "cpu" or (settings.device == "auto" and batch == 1):
            self.engine = open_("cpu")
            return "cpu", [] if settings.device == "cpu" else ["--device auto took the CPU: live runs there"]
        try:
            self.engine = open_("cuda")
        except DeviceError as error:
            if settings.device == "cuda":
                raise
            self.engine = open_("cpu")
            return "cpu", [f"--device auto took the CPU: {error}"]
        self.shadow = Shadow(open_("cpu"))
        return "cuda", ["--device auto took CUDA"] if settings.device == "auto" else []

    def _plan(self) -> None:
        """What the engine holds back comes out after the file, pushed by zeros; as much is dropped before."""
        self.to_drop = self.engine.delay_samples
        self.extra = self.engine.delay_samples
        if self.settings.live_buffer is not None:  # so that the block at the file's end completes
            self.extra += math.ceil(BLOCK * self.engine.rate / RATE) + self.engine.decision_delay_samples + 1
        if self.job.curve is not None:
            self.extras[self.job.curve].write((",".join(self.engine.curve_columns) + "\n").encode())
        self.collector = None
        if self.job.plot is not None:
            from gate.render.picture import Collector

            blocks = self._blocks(self.source.frames)
            self.collector = Collector(self.source.frames, blocks, self.engine.curve_columns)

    def _blocks(self, frames: int) -> int:
        """Blocks that begin inside so many frames: block k begins at frame k * 100 * rate / 48000."""
        return -(-frames * RATE // (BLOCK * self.engine.rate))

    # -- on the way

    def _pieces(self) -> Iterator[tuple[NDArray[Any], int]]:
        """The file and the zeros behind it, in pieces; with each, how much of it is of the file."""
        buffer, left, at_end = self.buffer, self.extra, False
        whole = self.settings.live_buffer or 1
        while not at_end or left:
            of_file = 0 if at_end else self.source.read(buffer)
            at_end = of_file < len(buffer)
            n = of_file
            if at_end:
                n += min(left, len(buffer) - of_file)
                left -= n - of_file
                n = -(-n // whole) * whole
                buffer[of_file:n] = 0.0
            if n:
                yield buffer[:n], of_file

    def _render(self, piece: NDArray[Any], of_file: int) -> None:
        self._check_stop()
        self.frames_in += of_file
        if self.collector is not None:
            self.collector.add_before(piece[:of_file])
        key = None if self.key is None else self.key.next(len(piece))
        if key is not None:
            self.key_peak = max(
                self.key_peak, float(np.max(np.abs(key), where=np.isfinite(key), initial=0.0))
            )
        if self.shadow is not None:
            self.shadow.listen(piece, key)
        self._process(piece, key)
        self._check_samples(piece, of_file)
        begin = min(self.to_drop, len(piece))
        self.to_drop -= begin
        end = min(len(piece), begin + self.frames_in - self.sink.frames)
        out = piece[begin:end]
        self.sink.write(out)
        rows = self.engine.take_curve()
        rows = rows[: max(self._blocks(self.frames_in) - self.rows_taken, 0)]
        self.rows_taken += len(rows)
        self.tally.add(rows)
        if self.shadow is not None:
            self.shadow.compare(rows)
        if self.collector is not None:
            self.collector.add_after(out)
            self.collector.add_curve(rows)
        if self.job.curve is not None:
            guards = len(self.engine.curve_columns) - len(_CSV_FORMATS)
            text = (
                (",".join((*_CSV_FORMATS, *[_CSV_GUARD] * guards)) + "\n")
                * len(rows)
                % tuple(rows.ravel().tolist())
            )
            self.extras[self.job.curve].write(text.encode())
        self.progress(self.sink.frames, self.source.frames)

    def _process(self, piece: NDArray[Any], key: NDArray[Any] | None) -> None:
        size = self.settings.live_buffer or max(len(piece), 1)
        for at in range(0, len(piece), size):
            heard = None if key is None else key[at : at + size]
            self.engine.process(piece[at : at + size], piece[at : at + size], heard)

    def _check_samples(self, piece: NDArray[Any], of_file: int) -> None:
        record = self.engine.record
        if record["model_errors"][0]:
            said = self.engine.model_error_text or "it gave numbers that are not finite"
            raise RenderError(
                f"{self.job.source} could not be rendered, the model failed about {self._now(of_file)} "
                f"({said}); check the model with gate-inspect, or try another preset"
            )
        classifier = self.engine.classifier
        if classifier is not None and classifier.record["model_errors"][0]:
            said = classifier.model_error_text or "it gave numbers that are not finite"
            raise RenderError(
                f"{self.job.source} could not be rendered, the guard's model failed about {self._now(of_file)} "
                f"({said}); check it with gate-inspect, or leave the guard off"
            )
        if self.settings.strict and record["nonfinite_samples"][0]:
            raise AudioFileError(
                f"{self.job.source} holds samples that are not finite (NaN or infinity) at "
                f"{self._now(of_file)}, --strict allows none; mend it, or leave out --strict: they become 0"
            )

    def _now(self, of_file: int) -> str:
        rate = self.source.layout.rate
        return f"{(self.frames_in - of_file) / rate:.3f} to {self.frames_in / rate:.3f} s"

    def _check_stop(self) -> None:
        if self.stop():
            raise Interrupted

    # -- after

    def _report(self, auto: AutoThreshold, device: str, notes: list[str]) -> Report:
        source, engine, settings, tally = self.source, self.engine, self.settings, self.tally
        seconds = self.frames_in / source.layout.rate
        wall, processor = time.perf_counter() - self.started[0], time.process_time() - self.started[1]
        nonfinite = int(engine.record["nonfinite_samples"][0])
        warnings = [source.remark] if source.remark else []
        if nonfinite:
            warnings.append(
                f"{self.job.source} holds {nonfinite} samples that are not finite (NaN or infinity), "
                "they became 0; check what wrote it, or refuse such files with --strict"
            )
        if self.sink.clipped:
            warnings.append(
                f"{self.job.target} had {self.sink.clipped} samples over full scale, they were clipped; "
                "write .wav to keep the input's float samples"
            )
        parity = None
        if self.shadow is not None:
            parity = self.shadow.figures()
            notes = [*notes, self.shadow.sentence()]
        report = Report(
            input=str(self.job.source),
            output=str(self.job.target),
            format=source.layout.format,
            subtype=source.layout.subtype,
            output_format=self.sink.layout.format,
            output_subtype=self.sink.layout.subtype,
            rate_hz=source.layout.rate,
            channels=source.layout.channels,
            frames=self.frames_in,
            seconds=seconds,
            preset=settings.preset,
            model=settings.contract.name,
            graph_sha256=settings.contract.graph_sha256,
            threshold_db=auto.threshold_db,
            threshold_from=settings.threshold_from,
            threshold_reason=auto.sentence,
            noise_floor_db=auto.floor_db,
            loud_level_db=auto.loud_db,
            range_db=settings.range_db,
            lookahead_ms=settings.lookahead_ms,
            link=settings.link,
            live_buffer=settings.live_buffer,
            device=device,
            latency_samples=engine.latency_samples,
            decision_delay_samples=engine.decision_delay_samples,
            decision_delay_ms=engine.decision_delay_ms,
            blocks=tally.blocks,
            loudest_db=tally.loudest_db,
            softest_db=tally.softest_db,
            open_blocks=tally.open_blocks,
            open_share=tally.open_share,
            openings=tally.openings,
            mean_gain_db=tally.mean_gain_db,
            **asdict(settings.overrides),
            key=None if settings.key is None else str(settings.key),
            **self._guarded(),
            nonfinite_samples=nonfinite,
            clipped_samples=self.sink.clipped,
            wall_seconds=wall,
            processor_seconds=processor,
            real_time_factor=seconds / max(wall, 1e-9),
            cuda_parity=parity,
            warnings=warnings,
            notes=notes,
        )
        judge(report, float(engine.record["input_peak"][0]) if self.key is None else self.key_peak)
        return report

    def _guarded(self) -> dict[str, Any]:
        """The report's figures of the guard."""
        guard = self.settings.guard
        if guard is None:
            return {}
        return {
            "guard": guard.mode,
            "guard_grace_ms": guard.grace_ms,
            "guard_model": guard.contract.name,
            "guard_graph_sha256": guard.contract.graph_sha256,
            "guard_shut_share": self.tally.guard_shut_share,
        }

    def _write_extras(self, report: Report) -> None:
        if self.job.report is not None:
            self.extras[self.job.report].write(to_json(report.to_dict()))
        if self.job.plot is not None and self.collector is not None:
            from gate.render.picture import draw

            self._check_stop()
            title = f"{self.job.source.name}\n{report.threshold_reason}, range {report.range_db:g} dB"
            picture = self.collector.picture(title, report.seconds, report.range_db)
            with self.extras[self.job.plot].stream() as file:
                draw(picture, file)
