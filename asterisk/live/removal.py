"""Ending registrations on purpose."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress

from asterisk import ari
from asterisk.live import store as live
from asterisk.nodes import Node


def remove(node: Node, contacts: Sequence[str]) -> None:
    """By Asterisk's own ids. Pages say so afterwards, where the listener's file can be told. Raises AmiError."""
    if contacts:
        with suppress(sqlite3.Error, OSError), live.opened(node.live_file) as db:
            live.mark_removed(db, contacts)
    for contact in contacts:
        ari.delete_contact(node, contact)
