// An answer as one types it in NumPy, read as the LaTeX of the book: W[l+1].T @ delta_next * sigma'(z).
//
// The names are those of `mathref`: delta, a_prev, W_next, dW. A name without a layer is of the layer that the exercise asks
// for. What is read is shown to the reader, and judged by the engine like any other answer.

import { isNumber } from "./arrays.js";
import { EquationError, LatexError, TooLarge } from "./errors.js";
import { Evaluator } from "./evaluate.js";
import { bare } from "./exercise.js";
import { facts } from "./facts.js";
import { chosen } from "./networks.js";
import { findData, parse, pointed } from "./parser.js";
import { Run } from "./program.js";
import { lettersOf, readSymbol, symbolsOf } from "./symbols.js";

/** What can be typed, as a reader is told: [what, what it stands for]. */
export const LANGUAGE = [
  ["@, .T", "matrix product, transpose"],
  ["*, **2, /", "entry by entry; / divides by a number, such as N"],
  ["delta, eta, grad_a", "δ, η, ∇a"],
  ["dW, dC/dz", "∂C/∂W, ∂C/∂z"],
  ["sigma(z), sigma'(z)", "σ and σ′; also sigma_prime(z), activation.prime(z)"],
  ["W, W[L], W[l+1], W[1]", "of the layer asked for, of another"],
  ["a_prev, W_next", "one layer before, one after"],
  ["x_1, w_jk", "an entry"],
  ["sum(w_jk * x_k for k), np.sum(delta**2)", "over an index, over all entries"],
  ["star(a, W)", "a ⋆ W; also correlate(a, W, 'full'), convolve(a, W, 'valid')"],
  ["rot180(W), pad(delta), vec(delta)", "by their names, and so are crop, frame, exp, log"],
  ["insert_zeros(delta, s), keep_every(a, s)", "zeros between, every s-th"],
];

const NAMES = { delta: "\\delta", δ: "\\delta", eta: "\\eta", η: "\\eta", learning_rate: "\\eta", grad_a: "\\nabla a",
  nabla_a: "\\nabla a", "∇a": "\\nabla a" };
const IN_LAYERS = ["W", "w", "b", "a", "z", "\\delta", "\\nabla a"];
const SIGMA = /^(sigma|σ|activation|sigmoid|tanh|relu|softplus|identity)((?:\.|_)?prime)?$/;
const BY_NAME = { exp: "\\exp", log: "\\log", ...Object.fromEntries(
  ["rot180", "pad", "ring", "vec", "diag", "frame", "crop", "columns", "images"].map((name) => [name, `\\operatorname{${name}}`])) };
const MODULES = "(?:(?:np|numpy|linalg|scipy|signal|mathref|conv|strides)\\.)*";

const PLAIN = "(?:learning_rate|grad_a|nabla_a|delta|eta|∇a|[A-Za-zδη])";
const NAME = new RegExp(`^(${PLAIN})(?:_(prev|next|l|L))?(?:_([a-km-z0-9]{1,2})|([0-9]{1,2}))?$`);
const PART = `[d∂]${PLAIN}(?:_(?:prev|next|l|L|[a-km-z0-9]{1,2}))?[0-9]{0,2}`;
const DERIVATIVE = /^[d∂](.+?)\s*[/_]\s*[d∂](.+)$/;
const TOKEN = new RegExp([
  "(?<spacing>\\s+)", "(?<mode>\"(?:full|valid)\"|'(?:full|valid)')", "(?<number>[0-9]+(?:\\.[0-9]+)?)",
  `(?<derivative>${PART}\\s*[/_]\\s*${PART}(?![A-Za-z_]))`,
  `(?<name>${MODULES}[A-Za-zσδη∂∇][\\wσδη]*(?:\\.prime)?)`, "(?<attribute>\\.(?:T|dot)\\b)",
  "(?<below>_[a-km-z0-9]{1,2}\\b)", "(?<sign>\\*\\*|[-+*/@()[\\],=^⊙⋆·−]|['′])",
].join("|"), "uy");
const ALIKE = { "⊙": "*", "·": "*", "−": "-", "′": "'" };

/** Whether an answer is typed as in NumPy: LaTeX has a backslash or a brace. `?` is still open. */
export const isTyped = (answer) => answer.trim() !== "" && !/[\\{}?]/.test(answer);

/** The LaTeX of an exercise's answer: what stands there, or what it says if it is typed as in NumPy. `asked` is the left side
 *  as the exercise prints it, which may be left out. */
export function asLatex(text, asked, conditions, program) {
  const plain = (side) => bare(side.replace(/\\(left|right)(?![A-Za-z])/g, ""));
  const [left, ...sides] = text.split("="), repeats = sides.length > 0 && plain(left) === plain(asked);
  const answer = repeats ? sides.join("=") : text;
  if (!isTyped(answer)) return text;
  const read = new Reader(text, text.length - answer.length, asked, conditions, program).sides();
  return [...(repeats || read.length === 1 ? [asked] : []), ...read].join(" = ");
}

/** The layer of names that have none of their own: the one that the left side speaks of. */
function layerOf(asked, { world }) {
  if (!world.layered) return null;
  const [left] = parse(`${asked} = 1`).children, isDerivative = left.data === "derivative";
  const symbols = findData(left, "symbol").sort((one, other) => one.start - other.start).map(readSymbol);
  const { name, layer } = symbols.at(isDerivative ? -1 : 0); // the one that it differentiates by, or speaks of
  if (name === "x") return "1";
  // A gradient by activations belongs to the layer that took them in.
  if (layer && (name === "\\nabla a" || isDerivative && name === "a")) return shifted(layer, 1);
  return symbols.find((symbol) => symbol.layer)?.layer ?? null;
}

/** A layer so many further on. */
export function shifted(layer, by) {
  if (/^\d+$/.test(layer)) return String(Number(layer) + by);
  const shift = Number(layer.slice(1) || 0) + by;
  return layer[0] + (shift ? `${shift > 0 ? "+" : ""}${shift}` : "");
}

const EXPRESSION = 1, TERM = 2, PRODUCT = 3, ATOM = 4; // how tight a formula holds together
const formula = (latex, level = ATOM, more = {}) => ({ latex, level, ...more });
const at = (level, part) => (part.level < level ? `(${part.latex})` : part.latex);

const LONGEST = 500; // characters of an answer: the longest of the book has 80

class Reader {
  constructor(text, start, asked, conditions, program) {
    Object.assign(this, { text, conditions, program, layer: layerOf(asked, program), depth: 0, known: new Map() });
    if (text.length - start > LONGEST) throw new LatexError(`The answer is longer than ${LONGEST} characters; no more are read.`);
    this.tokens = [...this.#tokens(start)];
  }

  *#tokens(start) {
    for (let position = start; position < this.text.length; position = TOKEN.lastIndex) {
      TOKEN.lastIndex = position;
      const found = TOKEN.exec(this.text);
      if (!found) throw this.#fault(position, `'${String.fromCodePoint(this.text.codePointAt(position))}' cannot stand here.`);
      const [kind, text] = Object.entries(found.groups).find(([, one]) => one !== undefined);
      if (kind !== "spacing") yield { kind, text: ALIKE[text] ?? text, start: position };
    }
    yield { kind: "end", text: "the end", start: this.text.length };
  }

  #fault(position, message) { return new LatexError(pointed(this.text, position, message)); }
  #is(...signs) { return this.tokens[0].kind === "sign" && signs.includes(this.tokens[0].text); }
  #take(...signs) { return this.#is(...signs) ? this.tokens.shift() : null; }

  #need(sign) {
    const { start, text } = this.tokens[0];
    if (!this.#take(sign)) throw this.#fault(start, `Here a ${sign} is missing${text === "the end" ? "" : `, before '${text}'`}.`);
  }

  /** The sides, as LaTeX. */
  sides() {
    const read = [];
    do read.push(this.#expression().latex); while (this.#take("="));
    const [{ kind, text, start }] = this.tokens;
    if (kind !== "end") throw this.#fault(start, `'${text}' cannot stand here.`);
    return read;
  }

  #expression() {
    if (++this.depth > facts.deepest) throw this.#fault(this.tokens[0].start, `More than ${facts.deepest} brackets inside one another.`);
    const minus = !this.#take("+") && this.#take("-"), first = this.#term();
    let left = minus ? this.#negative(first) : first;
    for (let sign; (sign = this.#take("+", "-"));) {
      left = formula(`${left.latex} ${sign.text} ${at(TERM, this.#term())}`, EXPRESSION);
    }
    this.depth -= 1;
    return left;
  }

  #negative = (part) => formula(`-${at(TERM, part)}`, EXPRESSION);

  /** Python's order: @, * and / from left to right. What stands side by side is a product, as in LaTeX. */
  #term() {
    let left = this.#factor();
    for (;;) {
      const sign = this.#take("@", "*", "/", "⋆"), start = this.tokens[0].start;
      if (!sign && !(["number", "name", "derivative"].includes(this.tokens[0].kind) || this.#is("("))) return left;
      if (!sign && this.#says("for")) return left;
      const right = this.#factor();
      if (!sign || sign.text === "@") left = this.#times(left, right);
      else if (sign.text === "⋆") left = slid(left, right);
      else if (sign.text === "*") left = this.#isNumber(left) || this.#isNumber(right) ? this.#times(left, right) : byEntries(left, right);
      else if (this.#isNumber(right)) left = formula(`\\frac{${left.latex}}{${right.latex}}`);
      else throw this.#fault(start, "Only a number divides here, such as N.");
    }
  }

  #times(left, right) {
    const dot = /^[0-9]/.test(at(ATOM, right)) ? "\\cdot " : "";
    return formula(`${at(PRODUCT, left)} ${dot}${at(ATOM, right)}`, PRODUCT);
  }

  #factor() {
    const start = this.tokens[0].start;
    if (this.#take("-")) return this.#negative(this.#factor());
    if (this.#take("+")) return this.#factor();
    const base = this.#postfixed(this.#atom());
    if (!this.#take("**")) return this.#whole(base, start);
    const power = this.tokens.shift();
    if (!/^[1-9]$/.test(power.text)) throw this.#fault(power.start, "A power is a whole number from 1 to 9.");
    return this.#power(base, Number(power.text), start);
  }

  #power(base, power, start) {
    if (base.norm) {
      if (power !== 2) throw this.#fault(start, "Only the squared norm is in the language: norm(x)**2.");
      return formula(`\\lVert ${base.norm} \\rVert^{2}`);
    }
    const single = this.#isNumber(base), squared = power === 2 && !single ? { squared: base.latex } : {};
    if (single !== false) return formula(`(${base.latex})^{${power}}`, ATOM, squared);
    return { ...Array(power).fill(base).reduce(byEntries), ...squared };
  }

  #whole(part, start) {
    if (part.norm) throw this.#fault(start, "Only the squared norm is in the language: norm(x)**2.");
    return part;
  }

  /** What may follow: .T, .dot(x), an entry, a layer, a power written with ^. */
  #postfixed(part) {
    for (;;) {
      const { kind, text, start } = this.tokens[0];
      if (kind === "attribute" || this.#is("^") && this.tokens[1].text === "T") {
        this.tokens.splice(0, kind === "attribute" ? 1 : 2);
        part = text === ".dot" ? this.#arguments(1, 1, ([right]) => this.#times(part, right)) : flipped(part);
      } else if (kind === "below") {
        this.tokens.shift();
        part = formula(`(${part.latex})_{${text.slice(1)}}`);
      } else if (this.#is("[")) {
        part = formula(`(${part.latex})_{${this.#bracketed().indices ?? this.#noEntry(start)}}`);
      } else if (this.#is("^")) {
        this.tokens.shift();
        const power = this.tokens.shift();
        if (!/^[1-9]$/.test(power.text)) throw this.#fault(power.start, "A power is a whole number from 1 to 9.");
        part = this.#power(part, Number(power.text), start);
      } else return part;
    }
  }

  #noEntry(start) { throw this.#fault(start, "An entry has one or two indices: [j] or [j, k]."); }

  #atom() {
    const { kind, text, start } = this.tokens.shift();
    if (kind === "number") return formula(text);
    if (kind === "derivative") return this.#derivative(...DERIVATIVE.exec(text).slice(1), start);
    if (kind === "sign" && text === "(") {
      const inside = this.#expression();
      this.#need(")");
      return inside;
    }
    if (kind !== "name") throw this.#fault(start, `'${text}' cannot stand here.`.replace("'the end'", "The end"));
    return this.#named(text.replace(new RegExp(`^${MODULES}`), ""), start);
  }

  #says(word) { return this.tokens[0].kind === "name" && this.tokens[0].text === word; }

  #named(name, start) {
    const activation = SIGMA.exec(name), summed = /^sum_([a-km-z])$/.exec(name);
    if (activation) {
      const prime = activation[2] || this.#take("'") ? "'" : "", known = this.conditions.activations ?? [];
      if (!/^(sigma|σ|activation)$/.test(activation[1]) && !known.includes(activation[1])) {
        throw this.#fault(start, `Any activation is meant here, not ${activation[1]}: write sigma(…).`);
      }
      return this.#arguments(1, 1, ([z]) => formula(`\\sigma${prime}(${z.latex})`));
    }
    if (summed) return this.#total(summed[1], this.#term());
    const plain = name.replace(/^(correlate|convolve)2d$/, "$1");
    if (this.#is("(") && Object.hasOwn(CALLS, plain)) return CALLS[plain](this, start);
    if (this.#is("(") && Object.hasOwn(BY_NAME, plain)) return this.#arguments(1, 1, ([x]) => formula(`${BY_NAME[plain]}(${x.latex})`));
    if (NAME.test(name)) return this.#symbol(name, start);
    if (/^[d∂]/.test(name) && NAME.test(name.slice(1))) return this.#derivative("C", name.slice(1), start);
    throw this.#fault(start, `${name} has no meaning here.${/^[A-Za-z]{2,3}$/.test(name) ? " A product is written with @ or *." : ""}`);
  }

  /** A name with its layer and indices. */
  #symbol(written, start, bracketed = true) {
    const [, name, word, below, digits] = NAME.exec(written), symbol = NAMES[name] ?? name;
    const { layered } = this.program.world, inLayers = layered && IN_LAYERS.includes(symbol), one = (below ?? digits ?? "").length === 1;
    let layer = null, indices = below ?? digits ?? "";
    if (inLayers && one && /^[0-9]$/.test(indices)) [layer, indices] = [indices, ""];
    if (bracketed && this.#is("[")) {
      const inside = this.#bracketed();
      if (inLayers) layer = inside.layer ?? this.#noLayer(start);
      else indices = inside.indices ?? this.#noEntry(start);
    } else if (bracketed && inLayers && this.#is("^") && /^[lL0-9(]/.test(this.tokens[1].text)) {
      this.tokens.shift();
      const group = this.#is("("), inside = group ? this.#bracketed("(", ")") : { layer: this.tokens.shift().text };
      layer = inside.layer ?? this.#noLayer(start);
    }
    if (word && !inLayers) throw this.#fault(start, `${layered ? `${name} has no layers` : "There are no layers here"}: write ${name}.`);
    if (word === "l" || word === "L") layer = word;
    if (inLayers) layer ??= this.layer ?? this.#noLayer(start, name);
    if (word === "prev" || word === "next") layer = shifted(layer, word === "prev" ? -1 : 1);
    const comma = this.program.world.indexed && indices.length === 2 ? `${indices[0]},${indices[1]}` : indices;
    return formula(symbol + (layer ? `^{${layer}}` : "") + (indices ? `_{${comma}}` : ""), ATOM,
      { bare: !layer && !indices, symbol: { name: symbol, layer, indices } });
  }

  #noLayer(start, name) {
    throw this.#fault(start, name ? `Of which layer is ${name}? Write ${name}[l].` : "A layer is l, L or a number, such as W[l+1].");
  }

  /** What stands in brackets after a name: the layer, or the indices, or either. */
  #bracketed(opening = "[", closing = "]") {
    const { start } = this.tokens[0], end = this.text.indexOf(closing, start);
    if (end < 0) throw this.#fault(start, `This ${opening} is never closed.`);
    const inside = this.text.slice(start + 1, end).replace(/\s/g, "");
    while (this.tokens[0].start <= end) this.tokens.shift();
    return { layer: /^([lL]([+-][0-9])?|[0-9])$/.test(inside) ? inside : undefined,
      indices: /^[a-km-z0-9](,[a-km-z0-9])?$/.test(inside) ? inside.replace(",", "") : undefined };
  }

  /** ∂ above / ∂ below; a layer in brackets is that of the lower one. */
  #derivative(above, below, start) {
    for (const name of [above, below]) if (!NAME.test(name)) throw this.#fault(start, `d${name} has no meaning here.`);
    return formula(`\\frac{\\partial ${this.#symbol(above, start, false).latex}}{\\partial ${this.#symbol(below, start).latex}}`);
  }

  /** What `make` makes of the arguments in brackets, `least` to `most` of them, and of those with a name. */
  #arguments(least, most, make) {
    const [{ start }] = this.tokens, given = [], named = {};
    this.#need("(");
    while (!this.#is(")")) {
      const [{ kind, text, start: here }, next] = this.tokens;
      if (kind === "mode") named.mode = this.tokens.shift().text.slice(1, -1);
      else if (kind === "name" && next.text === "=") {
        const [, , value] = this.tokens.splice(0, 3);
        if (!["axis", "keepdims", "mode"].includes(text)) throw this.#fault(here, `${text} has no meaning here.`);
        named[text] = value.text.replace(/^["']|["']$/g, "");
      } else given.push(this.#expression());
      if (this.#says("for")) {
        const [, { text: index, start: place }] = this.tokens.splice(0, 2);
        if (!/^[a-km-z]$/.test(index) || this.#says("in")) {
          throw this.#fault(place, "A sum runs over all of a letter, and says no more: sum(w_jk * x_k for k).");
        }
        named.index = index;
      }
      if (!this.#take(",")) break;
    }
    this.#need(")");
    if (given.length < least || given.length > most) {
      throw this.#fault(start, `${most === 1 ? "One argument is" : `${most} arguments are`} needed here, not ${given.length}.`);
    }
    return make(given, named);
  }

  /** Whether a formula is a number: then * is the product. Null if it has no value. */
  #isNumber({ latex }) {
    if (this.program.scalar) return true;
    if (!this.known.has(latex)) this.known.set(latex, this.#isNumberInARun(latex));
    return this.known.get(latex);
  }

  #isNumberInARun(latex) {
    const { program, conditions } = this;
    const equation = `${latex} = 1`, [side] = parse(equation).children, [network] = chosen(conditions, program.world.networks);
    const summed = findData(side, "total").map(({ children: [index] }) => index.text);
    const free = [...lettersOf(side)].filter((letter) => !summed.includes(letter)).map((letter) => [letter, 0]);
    const bound = { l: [...conditions.layerRange(network.depth)][0], ...Object.fromEntries(free) };
    this.run ??= new Run(program, network, program.world.sampleCounts(conditions)[0]);
    try {
      return isNumber(new Evaluator(this.run, equation, bound).visit(side));
    } catch (error) {
      if (!(error instanceof EquationError || error instanceof TooLarge || error instanceof RangeError)) throw error;
      return null; // what is wrong with it is told when it is judged
    }
  }

  #total = (index, body) => formula(`\\sum_{${index}} ${at(TERM, body)}`, EXPRESSION);

  /** The sum, or the mean, of all entries, over an index, or over the samples. */
  added(start, mean = false) {
    return this.#arguments(1, 1, ([body], { index, axis }) => {
      const samples = axis === "1" && body.symbol && !body.symbol.indices && !this.program.world.hasPlanes;
      if (samples) index = "i", body = formula(`${body.latex}_{i}`);
      else if (axis || mean) throw this.#fault(start, "Write it as a sum over an index: sum(delta_i for i).");
      if (index) return mean ? formula(`\\frac{1}{N} (${this.#total(index, body).latex})`, PRODUCT) : this.#total(index, body);
      if (body.squared) return formula(`\\lVert ${body.squared} \\rVert^{2}`);
      if (this.#isNumber(body)) return body;
      const [p, q] = [..."pqrstuv"].filter((letter) => !this.text.includes(`_${letter}`));
      return formula(`\\sum_{${p}} \\sum_{${q}} (${body.latex})_{${p}${q}}`, EXPRESSION);
    });
  }

  /** A correlation or a convolution; a full one frames by the kernel of the same layer. */
  slide(start, turn, reach) {
    return this.#arguments(2, 2, ([image, kernel], { mode = reach }) => {
      if (!mode) throw this.#fault(start, "Say how far it goes: \"valid\", or \"full\" for a frame of zeros.");
      const turned = turn ? formula(`\\operatorname{rot180}(${kernel.latex})`) : kernel;
      return slid(mode === "full" ? this.#framed(image, kernel, start) : image, turned);
    });
  }

  #framed(image, kernel, start) {
    const [of, another] = symbolsOf(parse(`${kernel.latex} = 1`).children[0]);
    if (image.symbol?.name !== "\\delta" || another || of?.name !== "W" || of.layer !== image.symbol.layer) {
      throw this.#fault(start, "The frame of zeros is for delta, by the kernel W of its own layer.");
    }
    return formula(`\\operatorname{pad}(${image.latex})`);
  }

  framed(start) {
    return this.#arguments(1, 2, ([image, kernel]) =>
      (kernel ? this.#framed(image, kernel, start) : formula(`\\operatorname{pad}(${image.latex})`)));
  }

  stepped(arrow) {
    return this.#arguments(2, 2, ([plane, step]) =>
      formula(`${plane.bare ? plane.latex : `(${plane.latex})`}_{${arrow} ${step.latex}}`));
  }

  outer(start) {
    if (this.conditions.samples !== "N=1") throw this.#fault(start, "For a batch there is no outer product: write delta @ a_prev.T.");
    return this.#arguments(2, 2, ([left, right]) => this.#times(left, flipped(right)));
  }

  entrywise() { return this.#arguments(2, 2, ([left, right]) => byEntries(left, right)); }
  product() { return this.#arguments(2, 2, ([left, right]) => this.#times(left, right)); }
  transposed() { return this.#arguments(1, 1, ([part]) => flipped(part)); }
  norm() { return this.#arguments(1, 1, ([part]) => formula("", ATOM, { norm: part.latex })); }
}

const byEntries = (left, right) =>
  formula(`${left.entrywise ? left.latex : at(PRODUCT, left)} \\odot ${at(PRODUCT, right)}`, TERM, { entrywise: true });
const flipped = (part) => formula(part.bare ? `${part.latex}^{\\top}` : `(${part.latex})^{\\top}`);
const slid = (image, kernel) => formula(`${at(PRODUCT, image)} \\star ${at(PRODUCT, kernel)}`, TERM);

const CALLS = {
  sum: (reader, start) => reader.added(start), mean: (reader, start) => reader.added(start, true),
  norm: (reader) => reader.norm(), dot: (reader) => reader.product(), matmul: (reader) => reader.product(),
  multiply: (reader) => reader.entrywise(), transpose: (reader) => reader.transposed(), outer: (reader, start) => reader.outer(start),
  star: (reader, start) => reader.slide(start, false, "valid"), correlate: (reader, start) => reader.slide(start, false),
  convolve: (reader, start) => reader.slide(start, true), pad: (reader, start) => reader.framed(start),
  insert_zeros: (reader) => reader.stepped("\\uparrow"), keep_every: (reader) => reader.stepped("\\downarrow"),
};
