"""Lowers cases under the hash seed of its process."""

from __future__ import annotations

import hashlib

from irkit.testing.case import Case
from irkit.testing.workers.serving import serve
from irkit.testing.workers.worker import Json


def answer(question: Json) -> Json:
    """The SHA-256 of a case's text, and the text where it is asked for."""
    text = Case.from_json(question["case"]).text()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"sha256": digest, "text": text if question.get("text") else None}


if __name__ == "__main__":
    serve(answer)
