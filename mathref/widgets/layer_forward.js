import { activate, activations, forward } from "./dense.js";
import { drawn, live } from "./live.js";
import { choice, factor, format, inSentence, ledger, matrix, spoken, symbol } from "./parts.js";

// Figure 1, a layer forward: z = W a_prev + b, a = σ(z), entry by entry.

const QUANTITIES = {
  W: { kind: "W", letter: "w", layer: "<i>l</i>", words: "weight" },
  a_prev: { kind: "a", letter: "a", layer: "<i>l</i>−1", words: "activation of the layer before" },
  b: { kind: "b", letter: "b", layer: "<i>l</i>", words: "bias" },
  z: { kind: "z", letter: "z", layer: "<i>l</i>", words: "pre-activation z" },
  a: { kind: "a", letter: "a", layer: "<i>l</i>", words: "activation a" },
};
const MOVABLE = ["W", "a_prev", "b"];
const VIEW = { row: 0, hot: null }; // the unit whose sum is shown, and the term of it that is pointed at
const REACH = 5; // the curve of σ is drawn from −REACH to REACH

const indices = (name, i, j) => `${i + 1}${name === "W" ? j + 1 : ""}`;

/** An entry as it is printed: w₁₂; a₂ with its layer, since there are two a. */
function entry(name, i, j) {
  const { kind, letter, layer } = QUANTITIES[name];
  return symbol(name, kind, letter, { sub: indices(name, i, j), sup: letter === "a" ? layer : "" });
}

/** The same in words. */
function inWords(name, i, j) {
  return `${QUANTITIES[name].words} row ${i + 1}${name === "W" ? `, column ${j + 1}` : ""}`;
}

/** Where the entry called w_12 stands: ["W", 0, 1]. */
function place([letter, , i, j = "1"]) {
  return [MOVABLE.find((name) => QUANTITIES[name].letter === letter), i - 1, j - 1];
}

/** Everything that follows from what can be moved. */
function compute({ W, a_prev, b, activation }) {
  const z = forward(W, b, a_prev);
  return { z, a: activate(z, activation) };
}

/** The quantities in the order of the equation, as the matrices that `parts.js` draws; `view` is what is pointed at. */
function matrices(state, { row, hot } = VIEW) {
  const numbers = { ...state, ...compute(state) };
  return Object.entries(QUANTITIES).map(([name, { kind, letter, layer, words }]) => ({
    name,
    kind,
    title: symbol(name, kind, name === "W" ? "W" : letter, { sup: layer }),
    words: name === "a_prev" ? "activations of the layer before" : words,
    entry: (i, j) => inWords(name, i, j),
    M: numbers[name],
    bound: MOVABLE.includes(name) ? state.bound : undefined,
    mark: (i, j) => {
      const inSum = name === "a_prev" || i === row;
      const term = { W: j, a_prev: i, b: state.W[0].length }[name];
      return `${inSum && name !== "a_prev" ? "on" : ""} ${inSum && hot !== null && term === hot ? "hot" : ""}`;
    },
  }));
}

/** The sum behind z_i, term by term: its symbols, its factors, its value; then a_i. `hot` is the term pointed at. */
function sum(state, i, hot) {
  const { W, a_prev, b } = state;
  const { z, a } = compute(state);
  const coloured = (kind, text) => `<span class="q-${kind}">${text}</span>`;
  const products = W[i].map((w, j) => [
    entry("W", i, j) + entry("a_prev", j, 0),
    `${coloured("W", factor(w))}·<wbr>${coloured("a", factor(a_prev[j][0]))}`,
    w * a_prev[j][0],
  ]);
  const terms = [...products, [entry("b", i, 0), coloured("b", factor(b[i][0])), b[i][0]]];
  const spokenTerms = W[i].map((w, j) => `${spoken(w)} times ${spoken(a_prev[j][0])}`);
  return ledger({
    of: entry("z", i, 0),
    terms: terms.map((term, k) => [...term, k === hot ? "hot" : ""]),
    total: z[i][0],
    kind: "z",
    said: `z row ${i + 1} is ${spokenTerms.join(" plus ")} plus ${spoken(b[i][0])}, which is ${spoken(z[i][0])}; `
      + `a row ${i + 1} is ${state.activation} of that, ${spoken(a[i][0])}`,
    place: `data-row="${i}"`,
    after: `<div class="after"><span class="of">${entry("a", i, 0)}</span> <span>= <i>σ</i>(${entry("z", i, 0)})</span>
    <span>= ${state.activation}(${coloured("z", format(z[i][0]))})</span>
    <span>= <b class="q-a" data-value="${a[i][0]}">${format(a[i][0])}</b></span></div>`,
  });
}

/** What the heaviest term of z_i does to its unit, in numbers of this state. */
function note(state, i) {
  const { W, a_prev, b, activation } = state;
  const { z, a } = compute(state);
  const terms = [...W[i].map((w, j) => w * a_prev[j][0]), b[i][0]];
  const k = terms.reduce((best, term, at) => (Math.abs(term) > Math.abs(terms[best]) ? at : best), 0);
  const symbols = k < W[i].length ? entry("W", i, k) + entry("a_prev", k, 0) : entry("b", i, 0);
  const rest = terms.reduce((total, term, at) => (at === k ? total : total + term), 0);
  return `<b>Unit ${i + 1}.</b> The heaviest term of ${entry("z", i, 0)} is <span class="product">${symbols}</span> = ${
    inSentence("heaviest", terms[k])}. With it ${entry("z", i, 0)} is ${inSentence("z with", z[i][0])} and ${
    entry("a", i, 0)} is ${inSentence("a with", a[i][0])}; without it they would be ${inSentence("z without", rest)} and ${
    inSentence("a without", activations[activation](rest))}.`;
}

/** σ as a curve with a point for each unit; `i` is the unit whose sum is shown. */
function curve({ activation, ...state }, i) {
  const sigma = activations[activation];
  const [low, high] = [Math.min(sigma(-REACH), 0), sigma(REACH)];
  const clamp = (x) => Math.min(REACH, Math.max(-REACH, x));
  const x = (z) => (50 + 46 * (clamp(z) / REACH)).toFixed(1);
  const y = (z) => (58 - 52 * ((sigma(clamp(z)) - low) / (high - low))).toFixed(1);
  const steps = Array.from({ length: 41 }, (_, k) => REACH * (k / 20 - 1));
  const zero = (58 + 52 * (low / (high - low))).toFixed(1);
  const { z } = compute({ activation, ...state });
  const points = z.map(([z_i], k) => (
    `<circle class="${k === i ? "on" : ""}" cx="${x(z_i)}" cy="${y(z_i)}" r="${k === i ? 4 : 2.5}"/>`));
  return `<svg viewBox="0 0 100 64" aria-hidden="true"><path class="axis" d="M2 ${zero}H98M50 4V60"/>
    <path class="curve" d="M${steps.map((z) => `${x(z)} ${y(z)}`).join("L")}"/>${points.join("")}</svg>`;
}

/** What the figure asks about: the entry that moves, where it stands, and the row of z that is watched. */
function subject({ entry: name }) {
  const [quantity, i, j] = place(name);
  const row = quantity === "a_prev" ? 0 : i;
  return { quantity, i, j, row, moved: entry(quantity, i, j), z: entry("z", row, 0) };
}

function asked(state) {
  const { moved, z } = subject(state);
  return `If ${moved} grows and nothing else moves, what happens to ${z}?`;
}

/** The reply to a choice, which names the slip. The slope of z is the partner of what moves, in their product. */
function judge(state, choice) {
  const { quantity, i, j, row, moved, z } = subject(state);
  const [name, k, n] = { W: ["a_prev", j, 0], a_prev: ["W", row, i] }[quantity] ?? [];
  const slope = name ? state[name][k][n] : 1;
  const partner = name && entry(name, k, n);
  const product = quantity === "W" ? moved + partner : partner + moved;
  const because = partner
    ? `${moved} stands in the product <span class="product">${product}</span>, and ${partner} is ${format(slope)}: `
      + `when ${moved} grows by 0.10, ${z} changes by ${format(slope / 10)}.`
    : `${moved} stands alone in the sum: when it grows by 0.10, so does ${z}.`;
  const slip = () => {
    if (choice === "0") return `${z} does depend on ${moved}.`;
    if (!partner) return "Nothing turns its sign.";
    if (slope === 0) return "A factor of 0 lets nothing through.";
    if (slope < 0) return "A factor that grows makes the product grow only if its partner is positive.";
    return `The sign of ${moved} itself does not matter, only that of its partner.`;
  };
  const verdict = String(Math.sign(slope)) === choice ? "<b>Right.</b>" : `<b>Not quite.</b> ${slip()}`;
  return `${verdict} ${because} Move it and see.`;
}

function body(state, view) {
  const [W, a_prev, b, z, a] = matrices(state, view).map(matrix);
  return `<div class="layer">
      <div>${W}${a_prev}</div>
      <div><span class="operator">+</span>${b}</div>
      <div><span class="operator">=</span>${z}</div>
      <div><div class="sigma">${choice("<i>σ</i>", 'data-trait="activation"', Object.keys(activations), state.activation)}
        <div class="plot">${curve(state, view.row)}</div></div>${a}</div>
    </div>
    <p class="note" role="note">${note(state, view.row)}</p>
    <div class="result">${sum(state, view.row, view.hot)}</div>`;
}

/** Pointing at a cell shows the sum that it belongs to, with its term; an activation belongs to every sum. */
function select({ name, i, j }, { W }, { row }) {
  return {
    W: { row: i, hot: j }, a_prev: { row, hot: i }, b: { row: i, hot: W[0].length },
  }[name] ?? { row: i, hot: null };
}

function result(state, { row }) {
  const { z, a } = compute(state);
  return `z row ${row + 1}: ${spoken(z[row][0])}; a row ${row + 1}: ${spoken(a[row][0])}`;
}

const layerForward = {
  name: "layer_forward",
  title: "A layer forward",
  movable: MOVABLE,
  options: { activation: { values: Object.keys(activations), words: (name) => `σ is ${name}` } },
  view: VIEW,
  pointed: ({ W }) => ({ row: [...W.keys()] }),
  place,
  words: inWords,
  matrices,
  asked,
  judge,
  body,
  select,
  actions: {},
  result,
};

export const markup = (state) => drawn(layerForward, state);
export default () => live(layerForward);
