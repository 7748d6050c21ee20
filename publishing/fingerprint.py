"""A hash of contents, by which the build decides what is stale: never by file times, which a clone does not keep."""

import hashlib


def fingerprint(root, names, *facts):
    """Return one hash of files, of everything under folders, and of facts that stand in no file.

    Parameters
    ----------
    root : pathlib.Path
        The folder that `names` are relative to; where it lies is not part of the hash.
    names : iterable of str
        Files and folders. Hidden files, compiled Python and types, which are nothing when a program runs, do not
        count; a name that is missing does.
    facts : str
        Anything else that the result depends on.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    for name in names:
        for path in _files(root / name):
            content = path.read_bytes() if path.exists() else b"missing"
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    for fact in facts:
        digest.update(f"{len(fact)} {fact}\n".encode())
    return digest.hexdigest()


def _files(place):
    if not place.is_dir():
        return [place]
    inside = (path.relative_to(place) for path in sorted(place.rglob("*")) if path.is_file())
    return [place / path for path in inside
            if not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
            and not (path.suffix == ".pyi" or path.name == "py.typed")]
