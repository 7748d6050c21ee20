TABLE: dict[str, dict[str, str]]
KINDS: tuple[str, ...]

def css() -> str: ...
