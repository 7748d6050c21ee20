from .program import Run
from .symbols import Key, _Value

class Place:
    key: Key | None
    sample: int | None
    entry: tuple[int, ...]
    number: float | None
    def __init__(
        self, key: Key | None, sample: int | None = None, entry: tuple[int, ...] = (), number: float | None = None
    ) -> None: ...
    def value(self, run: Run) -> _Value: ...

def cut(whole: _Value, entry: tuple[int, ...], name: Key | str) -> _Value: ...
