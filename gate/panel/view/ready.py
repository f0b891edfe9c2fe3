"""What is seen before there is sound: the first start after an installation compiles the gate, and says so."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLabel

from gate.panel.view.parts.strings import tr

PATIENCE_S = 0.7
"""A start with compiled code takes less time, in s; nothing is shown then."""

POLL_S = 0.02


def meanwhile(job: Callable[[], None]) -> None:
    """Do what a window has to wait for, on a thread of its own; if it takes long, show a sentence on the screen.

    Call this while there is an application, from its thread, before its event loop runs. Ctrl-C is heard.

    Raises:
        BaseException: whatever the job raises.
    """
    done: Future[None] = Future()

    def work() -> None:
        try:
            job()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=work, name="panel-ready", daemon=True).start()
    sentence = QLabel(
        tr("Getting ready. The first start after an installation compiles the gate, which takes a while.")
    )
    sentence.setWindowTitle(tr("Learned gate"))
    sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
    sentence.setContentsMargins(32, 32, 32, 32)
    begun = time.monotonic()
    try:
        while not wait([done], POLL_S).done:
            if not sentence.isVisible() and time.monotonic() - begun > PATIENCE_S:
                sentence.show()
            QApplication.processEvents()
    finally:
        sentence.close()
        sentence.deleteLater()
    done.result()
