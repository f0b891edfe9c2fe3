"""Base classes of objects that hold something until ``close`` or the end of ``with``."""

from types import TracebackType
from typing import Self


class Closes:
    """An object that is closed by ``close``, or at the end of ``with``."""

    def close(self) -> None:
        """Free what the object holds; may be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Begin a block that ends with ``close``."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the object, whatever ended the block."""
        self.close()


class Commits(Closes):
    """An object being made, which stays only after ``commit``: the end of ``with`` removes what was not committed."""

    def commit(self) -> None:
        """Put what was made in its place, whole."""
        raise NotImplementedError

    def discard(self) -> None:
        """Remove what was made so far; does nothing after ``commit``."""
        raise NotImplementedError

    def close(self) -> None:
        """Remove what was not committed."""
        self.discard()
