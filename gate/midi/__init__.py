"""MIDI: bytes from a controller, through a map, to the parameters of a gate at work.

ports     rtmidi: which ports there are, one of them opened, and opened again whenever it comes back
messages  bytes to messages
controls  messages to moves of controls: controllers of 7 and 14 bits, NRPN, pitch bend, notes, programs
bindings  the text of a map, what each line of it binds, and how a control's travel becomes a value
router    moves through a map: takeover, learning, holds, panic
hands     all of it on a live gate

May import: closing, errors, parameters, soundsystem.
Runs on: a thread of its own, which looks into rtmidi's queue; it writes the user's fields of records.
"""
