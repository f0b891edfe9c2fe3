"""A second corpus, made from packages of Debian that anybody can install by name: fetched, unpacked, sorted, checked.

May import: recordings.
Runs on: the main thread and its workers.
"""
