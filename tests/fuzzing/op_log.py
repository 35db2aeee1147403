"""The op log: a ``LogError``, or what is written back as the same bytes."""

from __future__ import annotations

from irkit.errors import LogError
from irkit.streaming.record import ChunkRecord
from irkit.streaming.spool import Spool
from irkit.streaming.template import TemplateStore


def run_record(data: bytes) -> None:
    """A record that decodes is encoded as the same bytes."""
    try:
        record = ChunkRecord.decode(data)
    except LogError:
        return
    assert record.encode() == data, "encoded otherwise"


def run_template(data: bytes) -> None:
    """A template that is read is written so that it reads back."""
    spool = Spool(1 << 20)
    store = TemplateStore(spool)
    other = TemplateStore(Spool(1 << 20))
    try:
        offset = spool.append(data)
        try:
            template = store.get(offset)
        except LogError:
            return
        assert other.get(other.add(template)) == template, "another template"
        hash(template)
        assert template.bytes >= 0
    finally:
        store.close()
        other.close()


def run_spool(data: bytes) -> None:
    """Any bytes as the log's file: what reads forward and backward is the same both ways."""
    spool = Spool(1 << 20)
    try:
        spool.storage.write(0, data)
        spool.size = len(data)
        backward: list[bytes] = []
        try:
            forward = list(spool)
            offset = spool.size
            while offset > 0:
                offset = spool.previous_offset(offset)
                backward.append(spool.read(offset))
        except LogError:
            return
        assert backward[::-1] == forward, "backward otherwise"
    finally:
        spool.close()
