"""Which blocks of a region control can reach, and which of them it passes on every way there.

Source: T. Lengauer, R. E. Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph", 1979;
the simple version, whose time is at most O(edges * log(blocks))
"""

from __future__ import annotations

from xdsl.ir import Block, Region


class _Search:
    """The reachable blocks, numbered as a depth-first search meets them."""

    def __init__(self, region: Region) -> None:
        self.blocks: list[Block] = []
        self.parents: list[int] = []
        """Of each block the one from which the search came; 0 of the first."""
        self.left: list[Block] = []
        """The blocks as the search leaves them: each after those that it can branch to, but for
        branches back."""
        self.numbers: dict[Block, int] = {}
        if region.first_block is not None:
            self._from(region.first_block)

    def _from(self, entry: Block) -> None:
        self._meet(entry, 0)
        stack = [(entry, iter(_successors(entry)))]
        while stack:
            block, following = stack[-1]
            successor = next((b for b in following if b not in self.numbers), None)
            if successor is None:
                self.left.append(block)
                stack.pop()
            else:
                self._meet(successor, self.numbers[block])
                stack.append((successor, iter(_successors(successor))))

    def _meet(self, block: Block, parent: int) -> None:
        self.numbers[block] = len(self.blocks)
        self.blocks.append(block)
        self.parents.append(parent)

    def predecessors(self) -> list[list[int]]:
        """Of each block those that branch to it."""
        found: list[list[int]] = [[] for _ in self.blocks]
        for number, block in enumerate(self.blocks):
            for successor in _successors(block):
                found[self.numbers[successor]].append(number)
        return found


def _successors(block: Block) -> list[Block]:
    """Blocks of the same region; a branch out of it is not valid."""
    last = block.last_op
    return [] if last is None else [b for b in last.successors if b.parent is block.parent]


def postorder(region: Region) -> list[Block]:
    """The blocks that can be reached from the first one, each after those that it can branch to
    but for branches back."""
    return _Search(region).left


class _Forest:
    """The part of the search's tree that has been linked, with the least semidominator upward."""

    def __init__(self, semidominators: list[int]) -> None:
        self._semi = semidominators
        self._above: list[int | None] = [None] * len(semidominators)
        self._label = [*range(len(semidominators))]

    def link(self, parent: int, block: int) -> None:
        """Hangs a block below its parent."""
        self._above[block] = parent

    def least(self, block: int) -> int:
        """The block with the least semidominator from this one up to below the root of its tree."""
        path: list[int] = []
        at, above = block, self._above[block]
        while above is not None:
            path.append(at)
            at, above = above, self._above[above]
        # The last of the path is next to the root; all others come to hang below the root.
        for below, nearer in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
            if self._semi[self._label[nearer]] < self._semi[self._label[below]]:
                self._label[below] = self._label[nearer]
            self._above[below] = at
        return self._label[block]


def dominated(region: Region) -> dict[Block, list[Block]]:
    """The dominator tree: of each block that can be reached, those that it dominates immediately.

    Control comes to a block only through those above it. The first block comes first.
    """
    search = _Search(region)
    count = len(search.blocks)
    semi = [*range(count)]
    forest = _Forest(semi)
    waiting: list[list[int]] = [[] for _ in range(count)]
    dominator = [0] * count
    predecessors = search.predecessors()
    for block in range(count - 1, 0, -1):
        semi[block] = min(semi[forest.least(before)] for before in predecessors[block])
        waiting[semi[block]].append(block)
        parent = search.parents[block]
        forest.link(parent, block)
        for below in waiting[parent]:
            least = forest.least(below)
            dominator[below] = least if semi[least] < semi[below] else parent
        waiting[parent].clear()
    tree: dict[Block, list[Block]] = {block: [] for block in search.blocks}
    for block in range(1, count):
        if dominator[block] != semi[block]:
            dominator[block] = dominator[dominator[block]]
        tree[search.blocks[dominator[block]]].append(search.blocks[block])
    return tree
