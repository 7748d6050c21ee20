from pathlib import Path

MARK: str
LARGER: float
HERE: Path
DRAWINGS: Path

def kind(quantity: str) -> str: ...
def drawing(name: str, **values: float) -> tuple[str, str]: ...
def html(svg: str, alt: str) -> str: ...
