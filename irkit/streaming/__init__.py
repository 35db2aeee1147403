"""The streamed path: chunks, the op log, the backward sweep, and forward emission."""
