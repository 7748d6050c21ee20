NAMES: dict[str, str]
ITALIC: str
SIZES: dict[str, float]

def runs(text: str) -> list[tuple[str, str, float]]: ...
