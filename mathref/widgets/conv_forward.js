import { rot180, star } from "./conv.js";
import { drawn, live } from "./live.js";
import { factor, format, inSentence, ledger, matrix, spoken, stepper, symbol } from "./parts.js";
import {
  ALL, coloured, COUNT, differs, entriesOf, fillingIn, indices, inProduct, lookedAt, lookTo, reply, resized,
  sideBySide, sizing, small, windowAt,
} from "./planes.js";

// Figure 5, a convolutional layer forward: z = a ⋆ W + b, window by window; and a ∗ W + b, the true convolution, for which
// the kernel is turned first. Indices count from 0, in print from 1.

const MOVABLE = ["a_prev", "W", "b"];
const VIEW = { row: 0, column: 0, shown: "all", hot: null }; // the entry whose window is shown, how many are filled in,
// and the number that is pointed at: ["a_prev", "W" or "b", i, j]
const WORDS = { a_prev: "input", W: "weight", b: "bias", z: "output" };

const input = entriesOf("a_prev", "a", "a");
const weight = entriesOf("W", "W", "w");
const output = entriesOf("z", "z", "z");
const [IMAGE, KERNEL, BIAS, Z] = [["a_prev", "a"], ["W", "W"], ["b", "b"], ["z", "z"]]
  .map(([name, letter]) => symbol(name, letter, letter));

function inWords(name, i, j) {
  return name === "b" ? "bias" : `${WORDS[name]} row ${i + 1}, column ${j + 1}`;
}

/** Where the entry called w_12, or b_1, stands: ["W", 0, 1]. */
function place([letter, , i, j = "1"]) {
  return [{ a: "a_prev", w: "W", b: "b" }[letter], i - 1, j - 1];
}

/** What is computed, and what it would be with the other of the two kernels. */
function compute({ a_prev, W, b, flipped }) {
  const layer = (kernel) => star(a_prev, kernel).map((row) => row.map((x) => x + b[0][0]));
  const [correlation, convolution] = [layer(W), layer(rot180(W))];
  return flipped ? { z: convolution, other: correlation } : { z: correlation, other: convolution };
}

const shownOf = (state, view) => lookedAt(view, compute(state).z);

/** The products of a window: the input at (m, n), and the weight at (p, q) of W that lies on it. */
function products({ a_prev, W, flipped }, row, column) {
  return W.flatMap((weights, r) => weights.map((_, c) => {
    const [m, n] = [row + r, column + c];
    const [p, q] = flipped ? [W.length - 1 - r, weights.length - 1 - c] : [r, c];
    return { m, n, p, q, input: a_prev[m][n], weight: W[p][q] };
  }));
}

/** Whether a product contains what is pointed at. */
function isHot({ hot }, { m, n, p, q }) {
  const [name, i, j] = hot ?? [];
  return (name === "W" && p === i && q === j) || (name === "a_prev" && m === i && n === j);
}

/** What is computed, in symbols: ∗ turns the kernel, ⋆ does not. */
const formula = ({ flipped }) => `${IMAGE} ${flipped ? "∗" : "⋆"} ${KERNEL} + ${BIAS}`;

/** The matrices of the equation, as `parts.js` draws them, for a view or, at rest, for the table. */
function matrices(state, view = VIEW) {
  const { a_prev, W, b, flipped, bound } = state;
  const { z, other } = compute(state);
  const { row, column, shown, columns } = shownOf(state, view);
  const terms = products(state, row, column);
  const hot = (test) => (terms.some((term) => isHot(view, term) && test(term)) ? "hot" : "");
  const isShown = (i, j) => i * columns + j < shown;
  const isFed = (i, j) => view.hot?.[0] === "a_prev" && products(state, i, j).some((term) => isHot(view, term));
  return [
    {
      name: "a_prev", kind: "a", M: a_prev, bound, title: IMAGE, words: "image a",
      entry: (m, n) => inWords("a_prev", m, n),
      mark: (m, n) => hot((term) => term.m === m && term.n === n),
      inside(m, n) {
        const met = terms.find((term) => term.m === m && term.n === n);
        return small(met ? `×${format(met.weight)}` : "", "W");
      },
      over: windowAt(row, column, W),
    },
    {
      name: "W", kind: "W", M: W, bound, title: flipped ? `<span>${KERNEL}, turned</span>` : KERNEL,
      words: flipped ? "kernel W, turned by 180 degrees" : "kernel W",
      entry: (p, q) => inWords("W", p, q),
      mark: (p, q) => hot((term) => term.p === p && term.q === q),
      inside: (p, q) => small(weight(p, q), "W"),
      over: '<span class="corner"></span>',
    },
    {
      name: "b", kind: "b", M: b, bound, title: BIAS, words: "bias b",
      entry: () => inWords("b"),
      mark: () => (view.hot?.[0] === "b" ? "hot" : ""),
    },
    {
      name: "z", kind: "z", M: z, title: flipped ? `<span>${formula(state)}</span>` : Z,
      words: flipped ? "a convolved with W, plus b" : "pre-activation z",
      entry: (i, j) => namedInWords(state, i, j),
      mark: (i, j) => `${i === row && j === column ? "on" : ""} ${isShown(i, j) && isFed(i, j) ? "fed" : ""}`,
      covered: (i, j) => !isShown(i, j),
      inside: (i, j) => (flipped && isShown(i, j) && differs(z[i][j], other[i][j]) ? small(`⋆ ${format(other[i][j])}`, "z") : ""),
    },
  ];
}

/** An entry of the result, in symbols and in words. The convolution is not called z. */
function named(state, i, j) {
  if (!state.flipped) return output(i, j);
  return `<span class="symbol">(${formula(state)})<span class="scripts"><sub>${indices(i, j)}</sub></span></span>`;
}
function namedInWords({ flipped }, i, j) {
  return `${flipped ? "convolution" : "z"} row ${i + 1}, column ${j + 1}`;
}

/** The sum of the window at (row, column), product by product, and the bias. */
function sum(state, row, column, view = VIEW) {
  const total = compute(state).z[row][column];
  const bias = state.b[0][0];
  const terms = products(state, row, column);
  const spokenTerms = terms.map((term) => `${spoken(term.input)} times ${spoken(term.weight)}`);
  return ledger({
    of: named(state, row, column),
    terms: [
      ...terms.map((term) => [
        input(term.m, term.n) + weight(term.p, term.q),
        `${coloured("a", factor(term.input))}·<wbr>${coloured("W", factor(term.weight))}`,
        term.input * term.weight,
        isHot(view, term) ? "hot" : "",
      ]),
      [BIAS, coloured("b", factor(bias)), bias, view.hot?.[0] === "b" ? "hot" : ""],
    ],
    total,
    kind: "z",
    said: `${namedInWords(state, row, column)}: ${spoken(total)}, the sum of ${COUNT[terms.length]} product${
      terms.length > 1 ? "s" : ""} and the bias, ${spokenTerms.join(" plus ")} plus ${spoken(bias)}`,
    place: `data-row="${row}" data-column="${column}"`,
  });
}

/** How many places there are; or what the turn of the kernel does to the result, in numbers of this state. */
function note(state) {
  const { a_prev, W, flipped } = state;
  const { z, other } = compute(state);
  if (!flipped) {
    const places = (n, k) => `${n} − ${k} + 1`;
    return `<b>Cross-correlation ${IMAGE} ⋆ ${KERNEL}.</b> The kernel fits at ${places(a_prev.length, W.length)} places down, ${
      places(a_prev[0].length, W[0].length)} across.`;
  }
  const entries = z.flat().length;
  const count = z.flatMap((row, i) => row.filter((x, j) => differs(x, other[i][j]))).length;
  const same = JSON.stringify(W) === JSON.stringify(rot180(W))
    ? `${KERNEL} turned is the same ${KERNEL}, so nothing changes: `
    : `${KERNEL} is turned by 180° first. `;
  return `<b>Convolution ${IMAGE} ∗ ${KERNEL}.</b> ${same}${
    inSentence("other", count, count)} of ${entries} ${entries === 1 ? "entry" : "entries"} ${
    count === 1 ? "is" : "are"} not as in ${IMAGE} ⋆ ${KERNEL} + ${BIAS}.`;
}

/** Where the window lies; or, for an input that is pointed at, where it goes: what the way back is made of. */
function told(state, view) {
  const { W, flipped } = state;
  const { row, column } = shownOf(state, view);
  const [name, m, n] = view.hot ?? [];
  if (name !== "a_prev" || state.a_prev[m]?.[n] === undefined) {
    const first = flipped ? weight(W.length - 1, W[0].length - 1) : weight(0, 0);
    return `<b>Read.</b> For ${named(state, row, column)} the kernel lies with ${first} on ${input(row, column)}. Each weight
      takes the input under it.`;
  }
  const uses = compute(state).z.flatMap((entries, i) => entries.flatMap((_, j) => (
    products(state, i, j).filter((term) => isHot(view, term)).map(({ p, q }) => (
      `${flipped ? `entry ${indices(i, j)}` : output(i, j)} times ${weight(p, q)}`)))));
  return `<b>Send.</b> ${input(m, n)} goes into ${COUNT[uses.length]} output${uses.length > 1 ? "s" : ""}: ${uses.join(", ")}.`;
}

/** What the figure asks about: the entry that moves, where it stands, and the entry of z that is watched. */
function subject(state) {
  const [name, i, j] = place(state.entry);
  const { z } = compute(state);
  const [m, n] = [z, z[0]].map(({ length }) => Math.floor((length - 1) / 2));
  return { name, i, j, m, n, moved: { a_prev: input, W: weight, b: () => BIAS }[name](i, j), watched: output(m, n) };
}

function asked(state) {
  const { moved, watched } = subject(state);
  return `In ${Z} = ${IMAGE} ⋆ ${KERNEL} + ${BIAS}, what happens to ${watched} if ${moved} grows and nothing else moves?`;
}

/** The reply to a choice, which names the slip. The slope of z is the partner of what moves, in their product. */
function judge(state, choice) {
  const { a_prev, W } = state;
  const { name, i, j, m, n, moved, watched } = subject(state);
  const [M, partner] = name === "W" ? [a_prev, input] : [W, weight];
  const [h, k] = [W.length - 1, W[0].length - 1];
  const [r, c] = name === "W" ? [m + i, n + j] : [i - m, j - n]; // the partner of what moves
  const [s, t] = name === "W" ? [m + h - i, n + k - j] : [h - r, k - c]; // and were the kernel turned
  const slope = name === "b" ? 1 : M[r]?.[c];
  const because = () => {
    if (name === "b") return `${BIAS} stands alone in the sum: when it grows by 0.10, so does ${watched}.`;
    if (slope === undefined) return `${moved} lies outside the window of ${watched}.`;
    return inProduct(watched, moved, name === "W" ? partner(r, c) + moved : moved + partner(r, c), partner(r, c), slope);
  };
  return reply(choice, {
    watched,
    moved,
    slope,
    slip: name === "b" ? -1 : M[s]?.[t],
    slipped: () => (name === "b"
      ? "Nothing turns its sign."
      : `You paired ${moved} with ${partner(s, t)} = ${format(M[s][t])}, which is what it meets when the kernel is turned.`),
    because: because(),
  });
}

/** The kernel fits into the image. */
const { sizes, fits, selects } = sizing(
  ({ a_prev, W }) => [[a_prev.length, a_prev[0].length], [W.length, W[0].length]],
  (n, k) => n <= 6 && k <= 3 && k <= n,
  ({ a_prev, W }, image, kernel) => ({ a_prev: resized(a_prev, ...image), W: resized(W, ...kernel) }),
);

function body(state, view) {
  const { a_prev, W, flipped } = state;
  const { row, column, shown, rows, columns } = shownOf(state, view);
  const [image, kernel, bias, z] = matrices(state, view).map(matrix);
  return `<div class="plane-settings">${selects(state)}
    <button type="button" data-trait="flipped" aria-pressed="${flipped}">true convolution</button>
    <p class="note" role="note">${note(state)}</p></div>
    <div ${sideBySide(a_prev[0].length, W[0].length + 1, columns)}>
      ${image}<span class="operator">⋆</span>
      <div class="kernels ${flipped ? "flipped" : ""}">${kernel}<span class="operator">+</span>${bias}</div>
      <div class="result"><span class="operator">=</span>${z}
        ${stepper({ at: shown, count: rows * columns, playing: view.playing, more: ALL })}
        <div class="written">${sum(state, row, column, view)}</div>
      </div>
    </div>
    <p class="told">${told(state, view)}</p>`;
}

/** Pointing at an output shows its window; at a number that can be moved, the products that it is in. */
function select({ name, i, j }, state, view) {
  return name === "z" ? lookTo(view, compute(state).z, i, j) : { ...view, hot: [name, i, j] };
}

function result(state, view) {
  const { row, column } = shownOf(state, view);
  return `${namedInWords(state, row, column)}: ${spoken(compute(state).z[row][column])}`;
}

const convForward = {
  name: "conv_forward",
  title: "A convolutional layer forward",
  movable: MOVABLE,
  options: {
    flipped: { values: [false, true], words: (flipped) => `the kernel is ${flipped ? "turned by 180 degrees" : "not turned"}` },
  },
  view: VIEW,
  place,
  words: inWords,
  matrices,
  asked,
  judge,
  body,
  select,
  ...fillingIn((state) => compute(state).z),
  sizes,
  fits: (state) => fits(state) && state.b.flat().length === 1,
  first: "a_11",
  result,
};

export const markup = (state) => drawn(convForward, state);
export default () => live(convForward);
