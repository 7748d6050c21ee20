// Finds equations by label, number, symbol and meaning, and terms. Runs on the search page, before Sphinx's own search of
// the words. A reader may write a symbol as it is printed (δ^l, σ'), as LaTeX (\delta^{l}) or by its name (delta^l).
(() => {
  "use strict";
  const SIGNS = { "δ": "delta", "σ": "sigma", "η": "eta", "μ": "mu", "ε": "varepsilon", "∂": "partial", "∇": "nabla", "⊙": "odot",
    "⋆": "star", "∗": "star", "*": "star", "Σ": "sum", "∑": "sum", "←": "leftarrow", "ᵀ": "^top", "⊤": "top", "′": "'", "∘": "odot",
    "²": "^2", "×": "times", "·": "cdot" };
  const NAMES = { hadamard: "odot", convolution: "star", transpose: "top", dot: "cdot" };
  const SPACING = /\\(?:left|right|text|quad|[,;!: ])|\$/g;

  /** The symbols of an equation, or of what a reader typed for one: scripts in braces, a fraction as numerator / denominator. */
  function symbols(text, known = null) {
    const named = text.replace(/\\operatorname\{(\w+)\}/g, " @$1 ").replace(SPACING, " ")
      .replace(/[^\x20-\x7e]|\*/g, (sign) => (sign in SIGNS ? ` ${SIGNS[sign].replace(/[a-z]+/, "@$&")} ` : sign));
    const tokens = (named.match(/@\w+|\\[A-Za-z]+|[A-Za-z]+\d*|\d+(?:\.\d+)?|\S/g) ?? []).flatMap((token) => {
      if (/^[@\\]/.test(token)) return [token.slice(1)];
      const name = NAMES[token.toLowerCase()] ?? token;
      if (known?.has(name)) return [name]; // only a reader leaves the backslash out
      return token.match(/[A-Za-z]|\d+(?:\.\d+)?|\S/g);
    });
    const read = (until, one = false) => {
      const found = [];
      while (tokens.length && tokens[0] !== until) {
        const token = tokens.shift();
        if (token === "{") found.push(...read("}"));
        else if (token === "^" && known && tokens[0] === "T") found.push("^", "{", "top", "}"), tokens.shift();
        else if (token === "^" || token === "_") found.push(token, "{", ...read(null, true), "}");
        else if (token === "frac") found.push(...read(null, true), "/", ...read(null, true));
        else if (token !== "}") found.push(token);
        if (one) return found;
      }
      if (until) tokens.shift();
      return found;
    };
    return read(null);
  }

  const all = self.bookSymbols;
  for (const entry of all) if (entry.latex) entry.symbols = symbols(entry.latex);
  const known = new Set(all.flatMap((entry) => entry.symbols ?? []));

  const holds = (whole, part) => whole.some((_, at) => part.every((token, k) => whole[at + k] === token));
  const plain = (text) => text.toLowerCase().replace(/\$|\\/g, "");

  /** How well an entry answers: 0 for not at all. A false equation comes after those that hold. */
  function score(entry, query, wanted) {
    const words = plain(query).split(/[\s,]+/).filter(Boolean);
    const said = plain(`${entry.says} ${entry.term ?? ""} ${entry.label ?? ""}`);
    const told = words.every((word) => said.includes(word)) ? 20 : 0;
    if (entry.term) return plain(query) === plain(entry.term) ? 95 : plain(entry.term).includes(plain(query)) ? 60 : 0;
    if (query === entry.label) return 100;
    if (query.replace(/[()]/g, "") === entry.number) return 90;
    let best = told;
    if (plain(query).includes("-") && entry.label.includes(plain(query))) best = 70;
    else if (wanted.length && holds(entry.symbols, wanted)) {
      const leads = wanted.every((token, k) => entry.symbols[k] === token);
      best = Math.max(best, leads && /^(=|leftarrow)$/.test(entry.symbols[wanted.length] ?? "=") ? 80 : leads ? 45 : 40);
    }
    return entry.kind === "refuted" ? best / 10 : best;
  }

  /** The entries that answer a query, best first, and otherwise in the order of the book. */
  function find(asked) {
    const query = asked.trim().slice(0, 200), wanted = symbols(query, known);
    return all.map((entry) => ({ entry, worth: query && score(entry, query, wanted) })).filter(({ worth }) => worth > 0)
      .sort((one, other) => other.worth - one.worth).map(({ entry }) => entry);
  }
  self.findSymbols = find;
  if (!self.document) return;

  function item(entry) {
    const line = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: entry.address });
    link.textContent = entry.term ?? `(${entry.number}) ${entry.says}`;
    const formula = document.createElement("div");
    if (entry.term) formula.textContent = entry.says;
    else formula.innerHTML = entry.shown;
    const where = document.createElement("p");
    where.append(entry.page, ...(entry.label ? [" · ", Object.assign(document.createElement("code"), { textContent: entry.label })] : []),
      entry.kind === "refuted" ? " · refuted" : "");
    line.append(link, formula, where);
    return line;
  }

  const query = new URLSearchParams(location.search).get("q")?.trim();
  const place = document.getElementById("symbols-found");
  const found = query && place ? find(query) : [];
  if (!found.length) return;
  const list = (entries) => {
    const made = document.createElement("ul");
    made.append(...entries.map(item));
    return made;
  };
  const heading = Object.assign(document.createElement("h2"), { textContent: "Equations and terms" });
  place.append(heading, list(found.slice(0, 8)));
  if (found.length > 8) {
    const more = document.createElement("details");
    more.append(Object.assign(document.createElement("summary"), { textContent: `${found.length - 8} more` }), list(found.slice(8)));
    more.addEventListener("toggle", reachable);
    place.append(more);
  }
  /** A formula that has to be scrolled can be, by keyboard too. */
  function reachable() {
    for (const box of place.querySelectorAll("li > div")) box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1;
  }
  reachable();
  addEventListener("resize", reachable);
})();
