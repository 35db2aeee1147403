"""``model.safetensors.index.json``: tensors spread over several ``.safetensors`` files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from irkit.errors import shown
from irkit.input_file import inside
from irkit.weights.files import FileReader
from irkit.weights.safetensors import HEADER_LIMIT, SafetensorsSource, parse_json_object
from irkit.weights.source import CheckedSource, TensorInfo, WeightError

INDEX_NAME = "model.safetensors.index.json"


class ShardedSource(CheckedSource):
    """The tensors that an index file lists, each read from the file it names.

    Raises :class:`WeightError` for an index that names a file outside its folder, a missing
    shard, or a tensor that its shard does not have.
    """

    def __init__(self, index: str | Path) -> None:
        super().__init__(Path(index))
        self._shards: dict[str, SafetensorsSource] = {}
        self._index = FileReader(Path(index))
        try:
            self._map = _weight_map(self._index)
            for name, shard in self._map.items():
                if shard not in self._shards:
                    self._shards[shard] = self._open(name, shard)
                if name not in self._shards[shard]:
                    raise WeightError(index, f"is not in its shard {shown(shard)}", tensor=name)
        except BaseException:
            self.close()
            raise

    def _open(self, name: str, shard: str) -> SafetensorsSource:
        index = cast("Path", self.where)
        try:
            path = inside(index.parent, shard)
            missing = path is not None and not path.exists()
        except (OSError, ValueError, RuntimeError) as error:
            why = error.strerror if isinstance(error, OSError) else "no name, or a circle of links"
            problem = f"its shard {shown(shard)} cannot be found: {why}"
            raise WeightError(index, problem, tensor=name) from None
        if path is None:
            problem = f"its shard {shown(shard)} is no file in this folder"
            raise WeightError(index, problem, tensor=name)
        if missing:
            raise WeightError(index, f"its shard {shown(shard)} does not exist", tensor=name)
        return SafetensorsSource(path)

    @property
    def names(self) -> Sequence[str]:
        return list(self._map)

    def __contains__(self, name: object, /) -> bool:
        return name in self._map

    def _info(self, name: str) -> TensorInfo:
        return self._shards[self._map[name]].info(name)

    def _read(self, name: str, offset: int, view: memoryview) -> None:
        self._shards[self._map[name]].read_into(name, offset, view)

    def check_unchanged(self) -> None:
        self._index.check_unchanged()
        for shard in self._shards.values():
            shard.check_unchanged()

    def close(self) -> None:
        self._index.close()
        for shard in self._shards.values():
            shard.close()


def _weight_map(file: FileReader) -> dict[str, str]:
    path = file.path
    if file.size > HEADER_LIMIT:
        raise WeightError(path, f"the index has {file.size} bytes, over {HEADER_LIMIT}")
    text = bytearray(file.size)
    file.read_into(0, memoryview(text))
    found = parse_json_object(text, path).get("weight_map")
    if not isinstance(found, dict):
        raise WeightError(path, "has no object 'weight_map' from tensors to files")
    shards: dict[str, str] = {}
    unique: dict[str, str] = {}
    for name, shard in cast("dict[str, object]", found).items():
        if not isinstance(shard, str):
            raise WeightError(path, f"its shard {shown(shard)} is no file name", tensor=name)
        shards[name] = unique.setdefault(shard, shard)
    return shards
