"""The window: one timer looks at the gate sixty times a second, draws what it sees, and shows all settings."""

import time
from pathlib import Path

from PyQt6.QtCore import QEvent, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QHideEvent, QShowEvent

from gate.panel.advice import Advice, Adviser
from gate.panel.auto import AutoListener
from gate.panel.history import History
from gate.panel.midi import Midi
from gate.panel.model import SLOTS, Model
from gate.panel.spectrum import Spectrum
from gate.panel.teaching.teacher import Teacher
from gate.panel.view.face import Face
from gate.panel.view.learned import key_words
from gate.panel.view.parts.controls import Choice, Control
from gate.panel.view.parts.dropping import TakesFiles
from gate.panel.view.parts.field import level_words, people
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.strings import tr
from gate.panel.view.top import PresetBox
from gate.parameters import BY_ID

FRAME_MS = 16
"""Milliseconds between two looks: 60 frames a second."""

HIDDEN_MS = 250
"""The same while nobody can see the window: only undo steps and messages are followed then."""

NUMBERS_EVERY = 6
"""Looks for each change of numbers: ten a second can be read, sixty cannot."""

SPECTRUM_EVERY = 2


class Window(TakesFiles, Face):
    """The panel of one gate; what its buttons do is made in ``gate.panel.view.app``.

    Signals: ``looked``: numbers were drawn; ``bound``: what MIDI moves, by target; ``dropped``: files to teach from.
    """

    looked, bound, dropped = pyqtSignal(), pyqtSignal(dict), pyqtSignal(list)

    def __init__(self, model: Model, look: Look, midi: Midi, teacher: Teacher | None = None) -> None:
        """Show a gate that plays.

        Args:
            model: of the gate; its keeper runs.
            look: the theme.
            midi: the MIDI controls of the gate.
            teacher: teaches gates; None makes one.
        """
        super().__init__(look, teacher or Teacher())
        self.model, self.midi = model, midi
        self.history, self.adviser, self.listener = History(), Adviser(), AutoListener()
        self.spectrum = Spectrum(model.live.player.shape.rate)
        self._frame = 0
        self._numbers = 0
        self._key_hz = (float("nan"), float("nan"))
        self._dismissed: set[str] = set()
        self._advice: list[Advice] = []
        self.setObjectName("window")
        self.setWindowTitle(tr("Learned gate"))
        self.setMinimumSize(940, 560)
        self.setAcceptDrops(True)
        self._connect()
        self.show_values()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        self.tick()

    # -- what does what

    def _connect(self) -> None:
        model = self.model
        self.controls: dict[str, Control] = {
            "threshold": self.threshold,
            "range": self.range,
            "guard-grace": self.guard.grace,
            "lookahead": self.lookahead,
            **self.learned.controls,
        }
        for id, control in self.controls.items():
            control.begun.connect(model.begin)
            control.asked.connect(lambda value, id=id: self.set_value(id, value))
            control.ended.connect(model.end)
            control.refused.connect(lambda sentence: self.say(sentence, "error"))
        self.bindable: dict[str, Control | Choice | PresetBox] = {
            **self.controls,
            "guard": self.guard.choice,
            "preset": self.top.presets,
        }
        self.level.begun.connect(model.begin)
        self.level.asked.connect(lambda value: self.set_value("threshold", value))
        self.level.ended.connect(model.end)
        self.guard.choice.asked.connect(lambda number: self.set_value("guard", float(number)))
        self.plot.begun.connect(model.begin)
        self.plot.asked.connect(self._hold_key)
        self.plot.ended.connect(model.end)
        self.plot.reset.connect(self._free_key)
        self.auto.clicked.connect(self.listen)
        self.use.clicked.connect(self._use)
        self.banner.closed.connect(self._dismissed.add)

    def set_value(self, id: str, value: float) -> None:
        """Set a parameter, and show it."""
        self.model.set(id, value)
        self.show_values()

    def _hold_key(self, low_hz: float, high_hz: float) -> None:
        self.model.set("key-low", round(low_hz))
        self.model.set("key-high", round(high_hz))
        self.show_values()

    def _free_key(self) -> None:
        model = self.model
        model.begin()
        self._hold_key(model.usual("key-low"), model.usual("key-high"))
        model.end()

    def listen(self) -> None:
        """Listen, and propose a threshold in five seconds; pressed again, stop listening."""
        if self.listener.listening:
            self.listener.end()
            self.auto.setText(tr("Auto"))
            return
        self.use.hide()
        self.why.hide()
        self.listener.begin(self.model.live.player)

    def _use(self) -> None:
        self.model.set("threshold", self._proposed)
        self.use.hide()
        self.why.hide()
        self.auto.setFocus()

    _proposed = 0.0

    def say(self, sentence: str, kind: str = "info") -> None:
        """Show a sentence over the plots."""
        self.banner.say(sentence[:1].upper() + sentence[1:], kind, time.monotonic())

    # -- sixty times a second

    def tick(self) -> None:
        """Look at the gate once, and draw."""
        self._frame += 1
        model = self.model
        model.look()
        if self._frame % NUMBERS_EVERY == 1 or not self.isVisible():
            self._look_at_events()
        if not self._seen():
            return
        if self.pages.currentWidget() is self.page:
            if self._frame % NUMBERS_EVERY == 1:
                self.page.look()
                self._show_numbers()
            self.show_values()
            return
        player = model.live.player
        if self.history.look(player):
            self.level.draw(self.history.ring)
            self.gain.draw(self.history.ring, model.value("range"))
        if self._frame % SPECTRUM_EVERY == 1:  # numbers come in the same looks: text and picture agree
            self._draw_spectrum()
        self.show_values()
        if self._frame % NUMBERS_EVERY == 1:
            self._show_numbers()
        self._listen_on()

    def look_whole(self) -> None:
        """Look at the gate and draw everything, numbers too: for a picture."""
        self._frame = 0
        self.tick()

    def _seen(self) -> bool:
        return self.isVisible() and not self.isMinimized()

    def _draw_spectrum(self) -> None:
        player = self.model.live.player
        if self.spectrum.rate != player.shape.rate:
            self.spectrum = Spectrum(player.shape.rate)
        self.spectrum.look(player.scope.newest(self.spectrum.size)[0])
        record = player.engine_record[0]
        self._key_hz = float(record["key_low_hz"]), float(record["key_high_hz"])
        self.plot.draw(self.spectrum.frequencies_hz, self.spectrum.levels_db, self._key_hz)

    def show_values(self) -> None:
        """Put every control where the gate's setting is, and ask for nothing."""
        model = self.model
        for id, control in self.controls.items():
            control.show_value(model.value(id), model.usual(id))
        threshold = model.value("threshold")
        self.level.line.show_value(threshold, people(BY_ID["threshold"], threshold))
        self.guard.choice.show_value(int(model.value("guard")))
        self.top.bypass.setChecked(bool(model.value("bypass")))
        self.top.presets.show_value(model.state.preset)
        able = bool(model.live.preset.contract.key_bands_hz)
        self.learned.allow_key(able)
        self.plot.allow_drawing(able and self.learned.disclose.isChecked())
        self.top.show_monitor(model.state.monitor)
        self.top.slots_.show_value(SLOTS.index(model.slot))
        self.top.undo.setEnabled(model.can_undo)
        self.top.redo.setEnabled(model.can_redo)

    def _show_numbers(self) -> None:
        status = self.model.keeper.status
        if status is None:
            return
        record = self.model.live.player.engine_record[0]
        gain_db = float(record["gain_db"])
        for name, value, unit in (
            ("in", self.history.input_db, "dBFS"),
            ("out", self.history.heard_db, "dBFS"),
            ("gain", gain_db, "dB"),
        ):
            self.numbers[name].setText(level_words(value, unit))
        heard = {"out": tr("out"), "in": tr("heard: in"), "removed": tr("removed")}[status.monitor]
        self.names["out"].setText(heard)
        held = {"open": tr("held open"), "shut": tr("held shut")}.get(status.held)
        opened = float(record["openness"]) > 0.5
        self.lamp.show_state(
            held or (tr("Open") if opened else tr("Shut")), "accent" if opened else "reduction"
        )
        self.key.setText(key_words(*self._key_hz))
        self.learned.look_at(status)
        self.guard.look_at(status)
        self.chain.show_chain(self.model.keeper.chain)
        self.looked.emit()
        self.foot.look_at(status, self.model.keeper.facts, self.model.live.player.shape.rate)

    def _look_at_events(self) -> None:
        keeper, now_s = self.model.keeper, time.monotonic()
        while keeper.events:
            kind, sentence = keeper.events.popleft()
            self.say(sentence, kind)
        self.foot.busy.setText(keeper.busy)
        badges = self.midi.badges()
        for target, part in self.bindable.items():
            part.show_badge(badges.get(target, ""))
        self.bound.emit(badges)
        self.foot.show_midi(self.midi.wish)
        self.top.record.setChecked(self.model.live.recording.recorder is not None)
        if keeper.status is not None and keeper.looks != self._numbers:
            self._numbers = keeper.looks
            self._advice = self.adviser(keeper.status, keeper.facts, now_s)
        keys = {advice.key for advice in self._advice}
        self._dismissed &= keys
        for advice in self._advice:
            if advice.key not in self._dismissed:
                what = tr(advice.what).format(**advice.values)
                sentence = f"{what[:1].upper()}{what[1:]}. {tr('Remedy')}: {tr(advice.remedy)}."
                self.banner.say(sentence, "warning", now_s, advice.key)
                break
        self.banner.look(now_s, keys)

    def _listen_on(self) -> None:
        if not self.listener.listening:
            return
        found = self.listener.look(self.model.live.player, self.model.usual("threshold"))
        if found is None:
            self.auto.setText(tr("Listening {share}").format(share=f"{self.listener.share:.0%}"))
            return
        self._proposed = found.threshold_db
        self.auto.setText(tr("Auto"))
        self.use.setText(tr("Use {level}").format(level=people(BY_ID["threshold"], found.threshold_db)))
        heard = tr("noise at {floor}, sound at {loud} dBFS").format(
            floor=f"{found.floor_db:.0f}", loud=f"{found.loud_db:.0f}"
        )
        self.why.setText(heard.replace("-", "\N{MINUS SIGN}"))
        self.use.show()
        self.why.show()
        self.use.setFocus()

    # -- Qt

    def showEvent(self, event: QShowEvent | None) -> None:
        """Draw from now on."""
        self._timer.start(FRAME_MS)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Stop drawing while the window is hidden."""
        self._timer.start(HIDDEN_MS)

    def take(self, paths: list[Path]) -> None:
        """Take files to teach from, for the first side that has nothing yet."""
        self.dropped.emit(paths)

    def changeEvent(self, event: QEvent | None) -> None:
        """Draw less while the window is minimised."""
        if event is not None and event.type() == QEvent.Type.WindowStateChange:
            self._timer.start(HIDDEN_MS if self.isMinimized() else FRAME_MS)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Stop what the window runs, and close."""
        self._timer.stop()
        self.teacher.close()
