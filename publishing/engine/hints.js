// What kind of slip a wrong answer holds: the answer is changed in one place after the other, as if a slip were taken back, and
// where a change makes it right, its kind is named. Neither the place nor what comes out is told.

import { check } from "./check.js";
import { EquationError, TooLarge } from "./errors.js";
import { faultOf } from "./exercise.js";
import { chosen } from "./networks.js";
import { parse, source, subtrees } from "./parser.js";
import { readIndices, readSymbol, symbolsOf } from "./symbols.js";
import { shifted } from "./typed.js";

const MOST = 600; // changes tried for one answer
const WORDS = {
  sign: "One sign is wrong.",
  transpose: "Look at the transposes: one is missing, or is one too many.",
  order: "Look at the order of the factors: a matrix product does not commute, and neither does ⋆.",
  product: "Look at the products: one of them is of another kind, @, entry by entry, or ⋆.",
  prime: "Look at σ and σ′: one stands for the other, or is one too many.",
  missing: "A factor σ′ is missing.",
  mean: "Look at N: the gradient of a mean over the batch divides by it once, that of a sum does not.",
  factor: "A factor such as 2 or ½ is wrong.",
  power: "Look at the squares: one is missing, or is one too many.",
  turn: "Look at the half turns: a kernel is turned that should not be, or the other way round.",
  frame: "Look at the frames of zeros: one is missing, or is one too many.",
  step: "Look at the steps of the stride and of the dilation.",
  layer: "One layer is wrong: look at the superscripts.",
  index: "Look at the indices: two have changed places, or one is off.",
  letter: "One letter stands for another, such as a for z.",
};
const OTHERS = { a: ["z", "x", "y"], z: ["a", "x"], x: ["a", "y", "z"], y: ["x", "a"], "\\delta": ["a", "z"], W: ["\\delta"] };

/** The words for the slip of an answer that is not right; null if no single one explains it. `runs` are those of the program. */
export function hintAt(latex, conditions, program, runs) {
  try {
    if (faultOf(latex, conditions)) return null;
  } catch (error) {
    if (!(error instanceof EquationError)) throw error;
    return null;
  }
  const networks = chosen(conditions, program.world.networks);
  const holds = (equation, on) => {
    try {
      check("", equation, conditions, program, runs, on);
      return true;
    } catch (error) {
      if (!(error instanceof EquationError || error instanceof TooLarge)) throw error;
      return false;
    }
  };
  let tried = 0;
  for (const [kind, equation] of changes(latex, conditions, program)) {
    if (++tried > MOST) return null;
    if (holds(equation, networks.slice(0, 1)) && holds(equation, networks)) return `Hint: ${WORDS[kind]}`;
  }
  return null;
}

/** Every [kind of slip, the equation with one such taken back]. */
function* changes(latex, conditions, program) {
  const [, ...answers] = parse(latex).children, primes = primesFor(latex, conditions), text = (node) => `(${source(node, latex)})`;
  for (const answer of answers) {
    for (const node of subtrees(answer).reverse().filter(({ data }) => PARTS.includes(data))) {
      const instead = [...(RULES[node.data]?.(node, text) ?? []), ...(node === answer ? onTheWhole(text(node)) : []),
        ...onAPart(text(node), primes, program)];
      if (node === answer) instead.push(...everyLayer(text(node)));
      for (const [kind, changed] of instead) yield [kind, `${latex.slice(0, node.start)} (${changed}) ${latex.slice(node.end)}`];
    }
  }
}

const onTheWhole = (x) => [["sign", `-${x}`], ["mean", `\\frac{1}{N} ${x}`], ["mean", `N ${x}`], ["factor", `\\frac{1}{2} ${x}`],
  ["factor", `2 ${x}`]];

/** All symbols of one layer taken to be of the next, or of the one before. */
function everyLayer(x) {
  const layers = new Set(Array.from(x.matchAll(/\^\{([lL0-9][^{}]*)\}/g), ([, layer]) => layer));
  return [...layers].flatMap((layer) => [1, -1].map((by) => ["layer", x.replaceAll(`^{${layer}}`, `^{${shifted(layer, by)}}`)]));
}

function onAPart(x, primes, { scalar, world }) {
  return [
    ...(scalar ? [] : [["transpose", `${x}^{\\top}`]]),
    ...(world.hasPlanes ? [["turn", `\\operatorname{rot180}${x}`], ["frame", `\\operatorname{pad}${x}`]] : []),
    ...(world.strided ? ["\\uparrow s", "\\uparrow d", "\\downarrow s", "\\downarrow d"].map((step) => ["step", `${x}_{${step}}`]) : []),
    ...(world.strided ? [["frame", `\\operatorname{crop}${x}`], ["frame", `\\operatorname{frame}${x}`]] : []),
    ...primes.map((prime) => ["missing", `${x} \\odot ${prime}`]),
    ["sign", `-${x}`], ["prime", `\\sigma${x}`], ["power", `${x}^{2}`],
  ];
}

/** The factors σ′ that may be missing: of every layer, and of every entry, that the equation speaks of. */
function primesFor(latex, { using }) {
  if (using && !using.includes("\\sigma'")) return [];
  const symbols = symbolsOf(parse(latex)), layers = new Set(symbols.map(({ layer }) => layer));
  const near = new Set([...layers].flatMap((layer) => (layer ? [layer, shifted(layer, -1), shifted(layer, 1)] : [])));
  const below = new Set(symbols.filter(({ indices, comma }) => indices.length && !comma).map(({ indices }) => indices.join("")));
  const primes = [...near].map((layer) => `z^{${layer}}`).concat("z", [...below].map((indices) => `z_{${indices}}`))
    .map((z) => `\\sigma'(${z})`);
  return latex.includes("\\top") ? [...primes, ...primes.map((prime) => `(${prime})^{\\top}`)] : primes;
}

const products = (x, y) => [["order", `${y} ${x}`], ["product", `${x} ${y}`], ["product", `${x} \\odot ${y}`],
  ["product", `${x} \\star ${y}`]];
const isPrime = ({ data }) => data === "activation_prime";

// What may stand in place of a node, by its rule; `text` is the LaTeX of a node in brackets.
const RULES = {
  add: ({ children: [x, y] }, text) => [["sign", `${text(x)} - ${text(y)}`], ["sign", `${text(y)} - ${text(x)}`]],
  subtract: ({ children: [x, y] }, text) => [["sign", `${text(x)} + ${text(y)}`], ["sign", `${text(y)} - ${text(x)}`]],
  negate: ({ children: [x] }, text) => [["sign", text(x)]],
  times: ({ children: [x, y] }, text) => [...products(text(x), text(y)), ...(isPrime(y) ? [["prime", text(x)]] : []),
    ...(isPrime(x) ? [["prime", text(y)]] : [])],
  hadamard({ children }, text) {
    const others = (left) => children.filter((child) => child !== left).map(text).join(" \\odot ");
    return [...products(others(children.at(-1)), text(children.at(-1))), ...products(text(children[0]), others(children[0])),
      ...children.filter(isPrime).map((prime) => ["prime", others(prime)])];
  },
  correlation: ({ children: [x, y] }, text) => [...products(text(x), text(y)), ["order", `${text(y)} \\star ${text(x)}`]],
  activation: ({ children: [x] }, text) => [["prime", `\\sigma'${text(x)}`], ["prime", text(x)]],
  activation_prime: ({ children }, text) => [["prime", `\\sigma${text(children.at(-1))}`], ["prime", text(children.at(-1))]],
  named_function: ({ children: [{ text: name }, x] }, text) => (name === "rot180" ? [["turn", text(x)]]
    : ["pad", "ring", "frame", "crop"].flatMap((other) => [["frame", text(x)], ["frame", `\\operatorname{${other}}${text(x)}`]])),
  transpose: ({ children: [x] }, text) => [["transpose", text(x)]],
  fraction: ({ children: [x, y] }, text) => [[text(y) === "(N)" ? "mean" : "factor", text(x)],
    ["factor", `\\frac{${text(y)}}{${text(x)}}`]],
  power: ({ children: [x] }, text) => [["power", text(x)]],
  sampled: ({ children: [x, step] }, text) => steps(text(x), step),
  entry: ({ children: [x, below] }, text) => otherIndices(readIndices(below)).map((indices) => ["index", `${text(x)}_{${indices}}`]),
  symbol(node) {
    const { name, layer, indices, transposed: turned, sampled, comma } = readSymbol(node);
    const above = layer ? `^{${layer}}` : "", below = indices.length ? `_{${indices.join(comma ? "," : "")}}` : "";
    if (sampled) return steps(name, node.children[1]);
    return [
      ...(turned ? [["transpose", name + below]] : []),
      ...(layer ? [shifted(layer, 1), shifted(layer, -1), "l", "L", "1"] : []).map((other) => ["layer", `${name}^{${other}}${below}`]),
      ...(comma ? [] : otherIndices(indices).map((other) => ["index", `${name}${above}_{${other}}`])),
      ...(OTHERS[name] ?? []).map((other) => ["letter", (/^[xy]$/.test(other) ? other : other + above) + below]),
    ];
  },
};
const PARTS = [...Object.keys(RULES), "derivative", "norm_squared", "logarithm", "exponential", "total", "number"];

/** Two indices the other way round, and each number one off. */
function otherIndices(indices) {
  const moved = indices.flatMap((index, k) => (/^[1-9]$/.test(index) ? [index - 1, +index + 1] : []).filter((n) => n > 0 && n < 10)
    .map((n) => indices.with(k, String(n))));
  return [...(indices.length === 2 ? [indices.toReversed()] : []), ...moved].map((list) => list.join(""));
}

function steps(x, { data, children: [{ text: letter }] }) {
  const arrow = data === "keep_every" ? "\\downarrow" : "\\uparrow", turned = arrow === "\\uparrow" ? "\\downarrow" : "\\uparrow";
  return [x, `${x}_{${turned} ${letter}}`, `${x}_{${arrow} ${letter === "s" ? "d" : "s"}}`].map((changed) => ["step", changed]);
}
