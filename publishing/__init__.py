"""Turn the executed notebooks into the pages of the book: a few small Sphinx extensions, their templates and assets."""

EXTENSIONS = ("katex", "equations", "listings", "folding", "wide", "pictures", "ledger_page", "api_page", "syllabus", "figures",
              "progress", "editing", "launch", "glossary", "search", "policy", "published", "cards", "site")


def setup(app):
    """Load the extensions, which all lie in this package."""
    for name in EXTENSIONS:
        app.setup_extension(f"{__name__}.{name}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
