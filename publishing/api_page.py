"""Show what is public in modules of `mathref`, from its docstrings, and link the three that belong together: a function
leads to the equations that it is and to the chapters that use it; its name in a chapter or beside an equation leads back.

The directive ``{api} dense cost`` stands in book/api_*.md. What it holds is what Jupyter shows in its place.
"""

import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from mathref.engine.registry import equations
from publishing.docstrings import PACKAGE, entries, module_text, named_in
from publishing.ledger import Records
from publishing.ledger_page import element
from publishing.toc import stems

_PRIME = re.compile(r"(?<=\b\w)'(?!\w)")  # σ', which Sphinx would take for the end of a quotation


class Api(SphinxDirective):
    """The modules that it names, each in a section."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        root = Path(self.env.srcdir)
        self.meanings = Records.read().meanings
        sources = {stem: (root / "book" / f"{stem}.md").read_text(encoding="utf-8") for stem in stems(root)}
        self.chapters = {stem: source for stem, source in sources.items() if "```{api}" not in source}
        return [self._module(module) for module in self.arguments[0].split()]

    def _module(self, module):
        full = f"{PACKAGE}.{module}"
        section = self._section(full, nodes.literal(full, full))
        self.env.get_domain("py").note_object(full, "module", full, location=section)
        self._prose(section, module_text(module), full)
        found = entries(module)
        for entry in found:
            if entry.kind in ("function", "class"):
                section += self._entry(entry, [one for one in found if one.name.startswith(f"{entry.name}.")])
        constants = [entry for entry in found if entry.kind == "data"]
        if constants:
            section += element("", "", *map(self._line, constants), tag="dl", classes=["facts"])
        return section

    def _entry(self, entry, members):
        name = f"{entry.short}{entry.signature}"
        section = self._section(entry.name, nodes.literal(name, name))
        self.env.get_domain("py").note_object(entry.name, entry.kind, entry.name, location=section)
        self._prose(section, entry.text, entry.name)
        facts = element("", tag="dl", classes=["facts"])
        for heading, items in entry.sections.items():
            facts += self._fact(heading, [self._equation(label, names, entry) for label, names in entry.labels.items()]
                                if heading == "Equations" else [self._item(item, entry) for item in items])
        used = [stem for stem, source in self.chapters.items() if named_in(entry, source)]
        if used and entry.kind != "method":
            facts += self._fact("Chapters", [self._inline(", ".join(f"{{doc}}`{stem}`" for stem in used))])
        facts += [self._line(member) for member in members if self._is_a_line(member)]
        section += [facts] if facts.children else []
        section += [self._entry(member, []) for member in members if not self._is_a_line(member)]
        return section

    @staticmethod
    def _is_a_line(entry):
        """Say whether a sentence is all there is to say: then the entry is a line of what it belongs to."""
        return entry.kind in ("data", "property") or entry.kind == "method" and not entry.sections

    def _line(self, entry):
        name = f"{entry.name.rpartition('.')[2]}{entry.signature}"
        body = element("", tag="dd")
        self._prose(body, entry.text, entry.name)
        line = element("", "", element("", "", nodes.literal(name, name), tag="dt"), body, tag="div", ids=[entry.name])
        self.env.get_domain("py").note_object(entry.name, entry.kind, entry.name, location=line)
        return line

    def _item(self, item, entry):
        """Return the parts of one line of a section: names, what they are, and what is said of them."""
        names = [nodes.literal(name, name) for name in item.names.split(", ") if name]
        head = sum(([nodes.Text(", "), name] for name in names), [])[1:]
        kind = self._inline(f"{' ' * bool(names)}{_PRIME.sub('′', item.kind)}")
        body = element("", tag="div")
        self._prose(body, item.text, entry.name)
        return [*head, element("", "", *kind, tag="span", classes=["kind"]), *body.children]

    def _equation(self, label, value, entry):
        if label not in equations():
            raise self.error(f"{entry.name} names {label}, which is no equation of the book.")
        meaning = self.meanings.get(label, {}).get("meaning", "")
        return self._inline(f"`{value}` {{eq}}`{label}` {meaning}")

    @staticmethod
    def _fact(heading, lines):
        return element("", "", element("", heading, tag="dt"), *(element("", "", *line, tag="dd") for line in lines),
                       tag="div")

    @staticmethod
    def _section(name, heading):
        return nodes.section("", nodes.title("", "", heading), ids=[name], classes=["api"])

    def _prose(self, node, text, name):
        """Add what a docstring says. It is plain enough to be read as Markdown; what it calls by name, it may link to."""
        text = re.sub(r"^\.\. (?=\[)|(?<=\])_", "", text, flags=re.MULTILINE)  # footnotes: [1]_ and .. [1]
        self.state.nested_parse(StringList(text.splitlines(), name), self.content_offset, node)
        for literal in node.findall(nodes.literal):
            literal["within"] = name
        for words in list(node.findall(nodes.Text)):
            if not isinstance(words.parent, (nodes.literal, nodes.literal_block)):
                words.parent.replace(words, nodes.Text(_PRIME.sub("′", words)))

    def _inline(self, text):
        parsed, messages = self.state.inline_text(text, self.lineno)
        return [*parsed, *messages]


class LinkNames(SphinxPostTransform):
    """Let every name of `mathref` in a text lead to what the reference says of it: `mathref.dense.forward`,
    `dense.forward`, and within a docstring also `forward`."""

    default_priority = 200

    def run(self, **kwargs):
        known = self.env.get_domain("py").objects
        for literal in list(self.document.findall(nodes.literal)):
            target = next((name for name in self._meant(literal) if name in known), None)
            if target and target != literal.get("within") and not _is_link_or_heading(literal):
                entry = known[target]
                literal.replace_self(make_refnode(self.app.builder, self.env.docname, entry.docname, entry.node_id,
                                                  literal.deepcopy(), None))

    @staticmethod
    def _meant(literal):
        text, within = literal.astext().removesuffix("()"), literal.get("within")
        if text.startswith(f"{PACKAGE}."):
            yield text
        elif "." in text:
            yield f"{PACKAGE}.{text}"
        elif within:  # of the same class or module
            parts = within.split(".")
            yield from (".".join([*parts[:count], text]) for count in range(len(parts), 1, -1))


def _is_link_or_heading(node):
    while node is not None:
        if isinstance(node, (nodes.reference, nodes.title)):
            return True
        node = node.parent
    return False


def setup(app):
    """Register the directive and the links."""
    app.add_directive("api", Api)
    app.add_post_transform(LinkNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
