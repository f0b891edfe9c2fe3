"""One file through the engine: in, gated, out; same length, nothing shifted, all of it or nothing."""

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.engine.engine import CURVE_COLUMNS, Engine
from gate.engine.settings import EngineSettings
from gate.errors import AudioFileError, DeviceError, RenderError
from gate.files.drained import Drained
from gate.files.sound_format import output_layout
from gate.files.sound_reader import Reader
from gate.files.sound_writer import Writer
from gate.render.auto_threshold import AutoThreshold, measure
from gate.render.beside import Beside
from gate.render.job import Interrupted, Job, Settings
from gate.render.key_file import KeyFile
from gate.render.remarks import judge
from gate.render.report import Report, Tally
from gate.render.shadow import Shadow

BATCH = 256
"""Blocks in one run of the model, offline."""

CHUNK = 102_400
"""Samples, of all channels together, that go through at once: four runs of the model for mono at 48 kHz."""


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
        settings: how to render it.
        stop: asked now and then; True ends the render.
        progress: called with the frames done, and the frames in all.

    Raises:
        GateError: input, output, model or device are not what they should be.
        Interrupted: ``stop`` returned True.
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
        self.key_peak = 0.0

    def run(self) -> Report:
        """Render the file; return its report."""
        job, settings = self.job, self.settings
        with ExitStack() as stack:
            self.source = source = stack.enter_context(Reader(job.source))
            self.key = None if settings.key is None else stack.enter_context(KeyFile(settings.key, source))
            layout, note = output_layout(source.layout, source.frames, job.target)
            sink = Writer(
                job.target, layout, source=source.source, force=settings.force, owner=settings.owner
            )
            self.sink = stack.enter_context(sink)
            self.beside = stack.enter_context(Beside(job, settings))
            auto = self._measure()
            self.values = settings.values.but(threshold_db=auto.threshold_db)
            device, notes = self._open_engine(stack)
            self.beside.begin(source.frames, self._blocks(source.frames), self.engine.curve_columns)
            self._render_all()
            sink.finish()
            report = self._report(auto, device, [*([] if note is None else [note]), *sink.notes, *notes])
            self.beside.commit(report, self._check_stop)
            sink.commit()
        return report

    # -- before

    def _measure(self) -> AutoThreshold:
        settings = self.settings
        if "threshold_db" in settings.values:
            given_db = settings.values.threshold_db
            reason = "the preset's" if settings.threshold_from == "preset" else "as given"
            return AutoThreshold(given_db, math.nan, math.nan, f"threshold {given_db:.1f} dBFS, {reason}")
        layout = self.source.layout
        with Reader(settings.key or self.job.source) as listened:
            channels = listened.layout.channels
            return measure(listened, layout.rate, channels, settings.fallback_db, self._check_stop)

    def _open_engine(self, stack: ExitStack) -> tuple[str, list[str]]:
        """Make the engine; return the device that it runs on, and what there is to say about that."""
        settings, layout = self.settings, self.source.layout
        # at least one run of the model a chunk at any rate, or the engine would wait for the next one
        chunk = max(CHUNK // layout.channels, math.ceil(BATCH * BLOCK * layout.rate / RATE))
        batch = BATCH
        if settings.live_buffer is not None:
            chunk = max(chunk // settings.live_buffer, 1) * settings.live_buffer
            batch = 1
        self.buffer: NDArray[Any] = np.empty((chunk, layout.channels), self.source.dtype)

        how = EngineSettings(
            layout.rate,
            layout.channels,
            0 if self.key is None else self.key.channels,
            self.source.dtype,
            batch=batch,
            curve_rows=math.ceil(chunk * RATE / (BLOCK * layout.rate)) + batch + 8,
            guard=settings.guard,
        )

        def open_(device: Literal["cpu", "cuda"]) -> Engine:
            engine = Engine(settings.contract, replace(how, device=device), **self.values)
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

    def _blocks(self, frames: int) -> int:
        """Return the blocks that begin inside so many frames: block k begins at frame k * 100 * rate / 48000."""
        return -(-frames * RATE // (BLOCK * self.engine.rate))

    # -- on the way

    def _render_all(self) -> None:
        """Put the file through the engine, and zeros after it for what the engine delays."""
        engine, whole, more = self.engine, self.settings.live_buffer or 1, 0
        if self.settings.live_buffer is not None:  # so that the block at the file's end completes
            more = math.ceil(BLOCK * engine.rate / RATE) + engine.decision_delay_samples + 1
        self.sound = Drained(self.source.read, engine.delay_samples, more=more, whole=whole)
        for piece, of_file in self.sound.pieces(self.buffer):
            self._render(piece, of_file)

    def _render(self, piece: NDArray[Any], of_file: int) -> None:
        self._check_stop()
        self.beside.before(piece[:of_file])
        key = None if self.key is None else self.key.next(len(piece))
        if key is not None:
            self.key_peak = max(
                self.key_peak, float(np.max(np.abs(key), where=np.isfinite(key), initial=0.0))
            )
        if self.shadow is not None:
            self.shadow.listen(piece, key)
        self._process(piece, key)
        self._check_samples(of_file)
        out = self.sound.kept(piece)
        self.sink.write(out)
        rows = self.engine.take_curve()
        rows = rows[: max(self._blocks(self.sound.taken) - self.rows_taken, 0)]
        self.rows_taken += len(rows)
        self.tally.add(rows)
        if self.shadow is not None:
            self.shadow.compare(rows)
        self.beside.after(out, rows)
        self.progress(self.sink.frames, self.source.frames)

    def _process(self, piece: NDArray[Any], key: NDArray[Any] | None) -> None:
        size = self.settings.live_buffer or max(len(piece), 1)
        for at in range(0, len(piece), size):
            heard = None if key is None else key[at : at + size]
            self.engine.process(piece[at : at + size], piece[at : at + size], heard)

    def _check_samples(self, of_file: int) -> None:
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
                f"{self._now(of_file)}, --strict allows none; fix it, or leave out --strict: they become 0"
            )

    def _now(self, of_file: int) -> str:
        rate = self.source.layout.rate
        return f"{(self.sound.taken - of_file) / rate:.3f} to {self.sound.taken / rate:.3f} s"

    def _check_stop(self) -> None:
        if self.stop():
            raise Interrupted

    # -- after

    def _report(self, auto: AutoThreshold, device: str, notes: list[str]) -> Report:
        source, engine, settings, tally = self.source, self.engine, self.settings, self.tally
        seconds = self.sound.taken / source.layout.rate
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
            frames=self.sound.taken,
            seconds=seconds,
            preset=settings.preset,
            model=settings.contract.name,
            graph_sha256=settings.contract.graph_sha256,
            threshold_from=settings.threshold_from,
            threshold_reason=auto.sentence,
            noise_floor_db=auto.floor_db,
            loud_level_db=auto.loud_db,
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
        """Return the report's figures of the guard."""
        guard = self.settings.guard
        if guard is None:
            return {"values": self.values}
        return {
            "values": self.values.but(guard=guard.mode, guard_grace_ms=guard.grace_ms),
            "guard_model": guard.contract.name,
            "guard_graph_sha256": guard.contract.graph_sha256,
            "guard_shut_share": self.tally.guard_shut_share,
        }
