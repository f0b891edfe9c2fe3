"""The panel: how soon it is there, what drawing costs, and whether the sound beside it suffers.

    python -m benchmarks.panel [--seconds 30] [--soak 3600] [-o docs/panel.json]

* *start*: from the command to a picture of the window on disk and the end of the process, with compiled code there.
* *drawing*: processor time of the window's thread at sixty frames a second over a sound that is played round and round.
* *soak*: on a JACK server of its own, with its dummy driver, a window in use over a live gate, and beside it a callback
  that only copies; buffers that the server or the clock found late, of both; memory and objects at the beginning and
  the end.

Offscreen. Everything in child processes. Times depend on the machine, and on what else it does.
"""

import argparse
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import soundfile

from benchmarks import sounds
from benchmarks.machine import describe
from gate.constants import RATE

STARTS = 5
SETTLE_S = 3.0
"""Time at the beginning of a window that is not counted."""
BUFFER = 100
"""Frames in a host buffer of the soak."""
EVERY_MS = 250
"""Time between two actions in the soak."""


def start_s(sound: Path, folder: Path) -> list[float]:
    """Measure the seconds from the command to its end, of several runs."""
    command = [
        sys.executable, "-m", "gate.cli.panel", "--input", f"file:{sound}", "--screenshot", str(folder / "x.png"),
        "--after", "0.01",
    ]  # fmt: skip
    found = []
    for _ in range(STARTS + 1):
        begun = time.perf_counter()
        subprocess.run(command, check=True, env=_environment(1.0))
        found.append(time.perf_counter() - begun)
    return found[1:]  # the first may compile


def child(*arguments: str, scale: float = 1.0) -> dict[str, Any]:
    """Run this module in another process; return what it says."""
    command = [sys.executable, "-m", "benchmarks.panel", *arguments]
    done = subprocess.run(command, check=True, env=_environment(scale), stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _environment(scale: float) -> dict[str, str]:
    return os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": f"{scale:g}"}


def _window() -> tuple[Any, Any, Any]:
    from PyQt6.QtWidgets import QApplication

    from gate.panel.keeper import Keeper
    from gate.panel.library import presets
    from gate.panel.midi import Midi
    from gate.panel.model import Model
    from gate.panel.view.app import USUAL_SIZE, assemble
    from gate.panel.view.parts.look import Look

    application = QApplication([])
    look = Look("dark")
    look.dress()
    keeper = Keeper()

    def shown() -> Any:
        keeper.start()
        window, _ = assemble(Model(keeper), look, Midi(keeper))
        window.top.presets.show_presets(presets())
        window.resize(*USUAL_SIZE)
        window.show()
        return window

    return application, keeper, shown


def draw(sound: Path, seconds: float) -> dict[str, Any]:
    """Measure frames and processor time of the window's thread."""
    from PyQt6.QtCore import QTimer

    from gate.live.filestream import FileStream

    application, keeper, shown = _window()
    keeper.live.sources.play(FileStream(sound, loops=True))
    window, found = shown(), {}

    def begin() -> None:
        found.update(cpu=time.thread_time(), wall=time.perf_counter(), frames=window._frame)

    def end() -> None:
        lasted = time.perf_counter() - found["wall"]
        found["share"] = (time.thread_time() - found["cpu"]) / lasted
        found["fps"] = (window._frame - found["frames"]) / lasted
        application.quit()

    QTimer.singleShot(round(1000 * SETTLE_S), begin)
    QTimer.singleShot(round(1000 * (SETTLE_S + seconds)), end)
    application.exec()
    window.close()
    keeper.stop()
    return {"fps": found["fps"], "share_of_a_core": found["share"]}


def soak(seconds: float) -> dict[str, Any]:
    """Measure a window in use over a live gate, and a callback that only copies."""
    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication

    from benchmarks.stream_jack import DummyServer
    from benchmarks.stream_players import NativePlayer
    from gate.live.devicestream import DeviceStream
    from gate.modelfile.preset import resolve
    from gate.session.choices import Devices
    from gate.soundsystem.devices import resolve_pair
    from gate.soundsystem.stream import Stream

    rng = random.Random(0)
    with DummyServer(RATE, BUFFER):
        application, keeper, shown = _window()
        keeper.live.sources.play(DeviceStream(Devices("system", "system")))
        contract = resolve("voice").contract
        floor = Stream(
            *resolve_pair("system", "system"),
            None,
            1,
            1,
            lambda rate, *_: NativePlayer(contract, rate, copies=True),
        )
        with floor:
            window = shown()
            acts = (
                lambda: window.threshold.asked.emit(rng.uniform(-60.0, -20.0)),
                lambda: window.range.asked.emit(rng.uniform(-80.0, -10.0)),
                window.model.undo,
                window.model.redo,
                lambda: window.model.switch(rng.choice("AB")),
                lambda: window.model.set_preset(rng.choice(("voice", "kick", "guitar"))),
                lambda: window.model.set_monitor(rng.choice(("out", "in", "removed"))),
                lambda: window.look.use(rng.choice(("light", "dark", "contrast"))),
                window.top.bypass.click,
                window.learned.disclose.toggle,
            )
            timer = QTimer()
            timer.timeout.connect(lambda: rng.choice(acts)())
            timer.start(EVERY_MS)
            marks: list[dict[str, Any]] = []

            def mark() -> None:
                gc.collect()
                record = keeper.live.player.record[0]
                marks.append(
                    {
                        "rss_mb": _resident_mb(),
                        "objects": len(gc.get_objects()),
                        "widgets": len(QApplication.allWidgets()),
                        **{name: int(record[name]) for name in ("buffers", "late", "over", "gaps")},
                    }
                )

            def begin() -> None:
                mark()
                floor.player.begin()

            def end() -> None:
                mark()
                marks.append(
                    {name: int(value) for name, value in floor.player.end().items() if value.ndim == 0}
                )
                application.quit()

            warm = min(60.0, seconds)
            QTimer.singleShot(round(1000 * warm), begin)
            QTimer.singleShot(round(1000 * (warm + seconds)), end)
            application.exec()
            timer.stop()
            window.close()
            keeper.stop()
    first, last, beside = marks
    return {
        "seconds": seconds,
        "gate": {name: last[name] - first[name] for name in ("buffers", "late", "over", "gaps")},
        "floor": {"late": beside["flagged"], **{name: beside[name] for name in ("buffers", "over", "gaps")}},
        "before": {name: first[name] for name in ("rss_mb", "objects", "widgets")},
        "after": {name: last[name] for name in ("rss_mb", "objects", "widgets")},
    }


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.panel", description=(__doc__ or "").split("\n")[0]
    )
    made.add_argument("--seconds", type=float, default=30.0, help="of drawing that is counted (default: 30)")
    made.add_argument(
        "--soak", type=float, default=60.0, help="seconds of the soak (default: 60; an hour: 3600)"
    )
    made.add_argument("-o", "--output", type=Path, default=Path("docs/panel.json"))
    made.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = made.parse_args(argv)
    if options.child:
        part, *rest = options.child
        print(json.dumps(draw(Path(rest[0]), float(rest[1])) if part == "draw" else soak(float(rest[0]))))
        return 0
    with tempfile.TemporaryDirectory() as name:
        sound = Path(name) / "speech.wav"
        soundfile.write(sound, sounds.speech(10.0), RATE, subtype="FLOAT")
        found: dict[str, Any] = {
            "machine": describe(),
            "start_s": statistics.median(start_s(sound, Path(name))),
        }
        for scale in (1.0, 2.0):
            found[f"drawing_{scale:.0%}"] = child(
                "--child", "draw", str(sound), str(options.seconds), scale=scale
            )
        found["soak"] = child("--child", "soak", str(options.soak))
    text = json.dumps(found, indent=2) + "\n"
    options.output.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
