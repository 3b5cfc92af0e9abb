"""Collect every fault of a checkpoint and raise them once, so that one look tells all that must be mended."""

from emola.errors import CheckpointError


class Problems:
    """Faults found so far, each one short sentence without a full stop, in the order found."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, problem: str) -> None:
        """Note one fault."""
        self._found.append(problem)

    def raise_if_any(self, subject: str) -> None:
        """Raise one error that lists every fault.

        Args:
            subject: what failed, as the start of the sentence ("X cannot be loaded").

        Raises:
            CheckpointError: if anything was noted.
        """
        if len(self._found) == 1:
            raise CheckpointError(f"{subject}: {self._found[0]}.")
        if self._found:
            lines = "".join(f"\n- {problem}" for problem in self._found)
            raise CheckpointError(f"{subject}, for {len(self._found)} reasons:{lines}")
