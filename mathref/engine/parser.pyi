from .symbols import _Tree

LONGEST: int
DEEPEST: int

def parse(latex: str) -> _Tree: ...
def source(tree: _Tree, latex: str) -> str: ...
