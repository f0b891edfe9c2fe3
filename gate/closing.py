"""Things that hold something and are closed, by ``close`` or at the end of ``with``."""

from types import TracebackType
from typing import Self


class Closes:
    """Something that is closed by ``close``, or at the end of ``with``."""

    def close(self) -> None:
        """Give back what it holds; may be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
