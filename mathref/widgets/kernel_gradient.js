import { rot180, star } from "./conv.js";
import { drawn, live } from "./live.js";
import { factor, format, ledger, matrix, spoken, stepper, symbol } from "./parts.js";
import {
  ALL, coloured, COUNT, differs, entriesOf, fillingIn, inProduct, lookedAt, lookTo, reply, resized, sideBySide, size, sizing,
  small, windowAt,
} from "./planes.js";

// Figure 7, the gradients of a kernel and its bias: ∂C/∂W = a ⋆ δ, window by window, and ∂C/∂b = Σ δ; and what becomes of
// it if the arguments are swapped. Indices count from 0, in print from 1.

const VIEW = { row: 0, column: 0, shown: "all", bias: false, hot: null }; // the entry of ∂C/∂W whose window is shown, how
// many entries are filled in, whether ∂C/∂b is shown in its stead, and the number that is pointed at: [name, i, j]

const input = entriesOf("a", "a", "a");
const delta = entriesOf("delta", "delta", "δ");
const weight = entriesOf("W", "W", "w");
const output = entriesOf("z", "z", "z");
const gradient = entriesOf("dW", "grad", "∂C/∂w");
const IMAGE = symbol("a", "a", "a");
const DELTA = symbol("delta", "delta", "δ");
const [DW, DB] = [symbol("dW", "grad", "∂C/∂W"), symbol("db", "grad", "∂C/∂b")];

function inWords(name, i, j) {
  return `${{ a_prev: "input", delta: "error" }[name]} row ${i + 1}, column ${j + 1}`;
}

function gradientInWords(p, q) {
  return `gradient of W, row ${p + 1}, column ${q + 1}`;
}

/** Where the entry called a_12 or delta_21 stands: ["a_prev", 0, 1]. */
function place(entry) {
  const [letter, [i, j]] = entry.split("_");
  return [letter === "a" ? "a_prev" : letter, i - 1, j - 1];
}

/** Both gradients. */
function compute({ a_prev, delta: errors }) {
  return { dW: star(a_prev, errors), db: [[errors.flat().reduce((sum, x) => sum + x, 0)]] };
}

const shownOf = (state, view) => lookedAt(view, compute(state).dW, 1);

/** The products of a window: the error at (i, j) and the input at (m, n) on which it lies. */
function products({ a_prev, delta: errors }, p, q) {
  return errors.flatMap((row, i) => row.map((error, j) => {
    const [m, n] = [p + i, q + j];
    return { m, n, i, j, input: a_prev[m][n], error };
  }));
}

/** What is pointed at, if the shapes still have a place for it. */
const pointedAt = (state, { hot }) => (hot && state[hot[0]][hot[1]]?.[hot[2]] !== undefined ? hot : []);

/** Whether a product contains what is pointed at. */
function isHot({ hot }, { m, n, i, j }) {
  const [name, row, column] = hot ?? [];
  return (name === "a_prev" && m === row && n === column) || (name === "delta" && i === row && j === column);
}

/** The matrices of the equation, as `parts.js` draws them, for a view or, at rest, for the table. */
function matrices(state, view = VIEW) {
  const { a_prev, delta: errors, swapped, bound } = state;
  const { dW, db } = compute(state);
  const { row, column, shown, rows, columns } = shownOf(state, view);
  const isWindow = !view.bias && !swapped;
  const terms = isWindow ? products(state, row, column) : [];
  const [name, i, j] = pointedAt(state, view);
  const hot = (test) => (terms.some((term) => isHot(view, term) && test(term)) ? "hot" : "");
  const isMet = (m, n) => name === "delta" && !swapped && m >= i && m < i + rows && n >= j && n < j + columns;
  const isFed = (p, q) => name === "a_prev" && products(state, p, q).some((term) => isHot(view, term));
  const isCovered = (p, q) => p * columns + q >= shown;
  return [
    {
      name: "a_prev", quantity: "a", kind: "a", M: a_prev, bound, title: IMAGE, words: "image a",
      entry: (m, n) => inWords("a_prev", m, n),
      mark: (m, n) => `${hot((term) => term.m === m && term.n === n)} ${isMet(m, n) ? "met" : ""}`,
      inside(m, n) {
        const met = terms.find((term) => term.m === m && term.n === n);
        return small(met ? `×${format(met.error)}` : "", "delta");
      },
      over: isWindow ? windowAt(row, column, errors) : "",
    },
    {
      name: "delta", kind: "delta", M: errors, bound, title: DELTA, words: "errors δ",
      entry: (r, c) => inWords("delta", r, c),
      mark: (r, c) => (view.bias && !swapped ? "hot" : hot((term) => term.i === r && term.j === c)),
    },
    {
      name: "dW", kind: "grad", M: dW, title: DW, words: "gradient of W",
      entry: gradientInWords,
      mark: (p, q) => `${!view.bias && p === row && q === column ? "on" : ""} ${!isCovered(p, q) && isFed(p, q) ? "fed" : ""}`,
      covered: isCovered,
    },
    {
      name: "db", kind: "grad", M: db, title: DB, words: "gradient of b",
      entry: () => "gradient of b",
      mark: () => (view.bias ? "on" : ""),
      covered: () => shown <= rows * columns,
    },
  ];
}

/** What SciPy makes of δ ⋆ a: it exchanges the two, and what comes out is turned. */
function exchanged(state) {
  const { dW } = compute(state);
  const M = rot180(dW);
  return {
    name: "exchanged", kind: "grad", M, still: true, title: "<span>what SciPy returns</span>",
    words: "what SciPy returns: the gradient of W, turned by 180 degrees",
    inside: (p, q) => (differs(M[p][q], dW[p][q]) ? small(`≠ ${format(dW[p][q])}`, "grad") : ""),
  };
}

/** The sum of the window at (row, column), product by product. */
function sum(state, row, column, view = VIEW) {
  const total = compute(state).dW[row][column];
  const terms = products(state, row, column);
  const spokenTerms = terms.map((term) => `${spoken(term.input)} times ${spoken(term.error)}`);
  return ledger({
    of: gradient(row, column),
    terms: terms.map((term) => [
      input(term.m, term.n) + delta(term.i, term.j),
      `${coloured("a", factor(term.input))}·<wbr>${coloured("delta", factor(term.error))}`,
      term.input * term.error,
      isHot(view, term) ? "hot" : "",
    ]),
    total,
    kind: "grad",
    said: `${gradientInWords(row, column)}: ${spoken(total)}, the sum of ${COUNT[terms.length]} product${
      terms.length > 1 ? "s" : ""}, ${spokenTerms.join(" plus ")}`,
    place: `data-row="${row}" data-column="${column}"`,
  });
}

/** The sum of all errors. */
function sumOfErrors(state, view = VIEW) {
  const total = compute(state).db[0][0];
  const terms = state.delta.flatMap((row, i) => row.map((error, j) => ({ i, j, error })));
  return ledger({
    of: DB,
    terms: terms.map((term) => [
      delta(term.i, term.j), coloured("delta", factor(term.error)), term.error, isHot(view, term) ? "hot" : "",
    ]),
    total,
    kind: "grad",
    said: `gradient of b: ${spoken(total)}, the sum of all errors, ${terms.map(({ error }) => spoken(error)).join(" plus ")}`,
    place: 'data-bias="true"',
  });
}

/** The shapes; or what becomes of the arguments in the other order. */
function note(state) {
  const { a_prev, delta: errors, swapped } = state;
  const { dW } = compute(state);
  if (!swapped) {
    const places = (n, k) => `${n} − ${k} + 1`;
    return `<b>${DW} = ${IMAGE} ⋆ ${DELTA}.</b> ${DELTA} fits at ${places(a_prev.length, errors.length)} places down, ${
      places(a_prev[0].length, errors[0].length)} across: one for each weight.`;
  }
  const head = `<b>${DELTA} ⋆ ${IMAGE}.</b> Now ${IMAGE}, ${size(a_prev)}, is to be laid on ${DELTA}, ${size(errors)}:`;
  if (dW.flat().length === 1) return `${head} they are of one size, it fits once, and the sum is the same.`;
  const same = JSON.stringify(dW) === JSON.stringify(rot180(dW)) ? ", which with these numbers is the same" : "";
  return `${head} <b>it fits nowhere, so there is no entry.</b> SciPy’s correlate2d exchanges the two without a word and
    returns ${DW} turned by 180°${same}. Its shape, sum and mean are right.`;
}

/** What the window has to do with the layer forward; or, for an error that is pointed at, what its patch is. */
function told(state, view) {
  const { delta: errors } = state;
  const { row, column, rows, columns } = shownOf(state, view);
  const [name, i, j] = pointedAt(state, view);
  const counted = (n, what) => `${COUNT[n]} ${what}${n > 1 ? "s" : ""}`;
  if (name === "delta") {
    const last = [i + rows - 1, j + columns - 1];
    const patch = rows * columns > 1 ? `, from ${input(i, j)} to ${input(...last)}` : `, ${input(i, j)}`;
    return `<b>One error.</b> ${delta(i, j)} belongs to ${output(i, j)}, which was made of the ${
      counted(rows * columns, "dashed input")}${patch}. It meets each of them once: one in every ${symbol("dW", "grad", "∂C/∂w")}.`;
  }
  if (view.bias) {
    return `<b>The bias.</b> It was added to each of the ${counted(errors.flat().length, "output")}, with the factor 1. So its
      gradient takes every error as it is.`;
  }
  const terms = products(state, row, column);
  const met = terms.map((term) => `${input(term.m, term.n)} for ${output(term.i, term.j)}`);
  const some = met.length > 4 ? [met[0], met[1], "…", met.at(-1)] : met;
  return `<b>One weight.</b> On its way over the image ${weight(row, column)} met ${counted(terms.length, "input")}: ${
    some.join(", ")}. Each brings its error.`;
}

/** What the figure asks about: the entry that moves, where it stands, and the entry of ∂C/∂W that is watched. */
function subject(state) {
  const [name, i, j] = place(state.entry);
  const { dW } = compute(state);
  const [p, q] = [dW, dW[0]].map(({ length }) => Math.floor((length - 1) / 2));
  return { name, i, j, p, q, moved: (name === "delta" ? delta : input)(i, j), watched: gradient(p, q) };
}

function asked(state) {
  const { moved, watched } = subject(state);
  const other = place(state.entry)[0] === "delta" ? IMAGE : DELTA;
  return `What happens to ${watched} if ${moved} grows and ${other} stays as it is?`;
}

/** The reply to a choice, which names the slip. The slope of ∂C/∂W is the partner of what moves, in their product. */
function judge(state, choice) {
  const { a_prev, delta: errors } = state;
  const { name, i, j, p, q, moved, watched } = subject(state);
  const [M, partner] = name === "delta" ? [a_prev, input] : [errors, delta];
  const [h, k] = [errors.length - 1, errors[0].length - 1];
  const [r, c] = name === "delta" ? [p + i, q + j] : [i - p, j - q]; // the partner of what moves
  const [s, t] = name === "delta" ? [p + h - i, q + k - j] : [h - r, k - c]; // and were δ turned
  const slope = M[r]?.[c];
  return reply(choice, {
    watched,
    moved,
    slope,
    slip: M[s]?.[t],
    slipped: () => `You paired ${moved} with ${partner(s, t)} = ${format(M[s][t])}, which is what it meets when ${DELTA} is turned.
      Nothing turns here.`,
    because: slope === undefined
      ? `${moved} lies outside the window of ${watched}.`
      : inProduct(watched, moved, name === "delta" ? partner(r, c) + moved : moved + partner(r, c), partner(r, c), slope),
  });
}

/** δ has as many rows as the kernel has places in the image; there is room for nine products. */
const { sizes, fits, selects } = sizing(
  ({ a_prev, delta: errors }) => [
    [a_prev.length, a_prev[0].length], [a_prev.length - errors.length + 1, a_prev[0].length - errors[0].length + 1],
  ],
  (n, k) => k >= 1 && k <= 3 && n - k >= 0 && n - k < 3,
  ({ a_prev, delta: errors }, image, kernel) => ({
    a_prev: resized(a_prev, ...image), delta: resized(errors, image[0] - kernel[0] + 1, image[1] - kernel[1] + 1),
  }),
);

/** The result fills in entry by entry, and ∂C/∂b is the last. */
const filling = fillingIn((state) => compute(state).dW);
const steps = {
  count: (state) => filling.steps.count(state) + 1,
  at: (state, view) => shownOf(state, view).shown,
  to(state, view, k) {
    const bias = k === steps.count(state);
    return bias ? { ...view, shown: k, bias, hot: null } : { ...filling.steps.to(state, view, k), bias };
  },
};
const pointed = (state) => ({
  ...filling.pointed(state), shown: ["all", ...Array.from({ length: steps.count(state) }, (_, k) => k + 1)], bias: [false, true],
});

function body(state, view) {
  const { a_prev, delta: errors, swapped } = state;
  const { row, column, shown, columns } = shownOf(state, view);
  const [image, errorsDrawn, dW, db] = matrices(state, view).map(matrix);
  const written = view.bias ? sumOfErrors(state, view) : sum(state, row, column, view);
  return `<div class="plane-settings">${selects(state)}
    <button type="button" data-trait="swapped" aria-pressed="${swapped}">swap the arguments</button>
    <p class="note" role="note">${note(state)}</p></div>
    <div ${sideBySide(a_prev[0].length, errors[0].length, columns + 1)}>
      ${swapped ? errorsDrawn : image}<span class="operator">⋆</span>
      <div class="kernels">${swapped ? image : errorsDrawn}</div>
      <div class="result"><span class="operator">${swapped ? "→" : "="}</span>
        ${swapped ? matrix(exchanged(state)) : `<div class="pair">${dW}${db}</div>
        ${stepper({ at: shown, count: steps.count(state), playing: view.playing, more: ALL })}
        <div class="written">${written}</div>`}
      </div>
    </div>
    <p class="told">${swapped ? "" : told(state, view)}</p>`;
}

/** Pointing at a gradient shows its sum; at a number that can be moved, the products that it is in. */
function select({ name, i, j }, state, view) {
  if (name === "dW") {
    const next = lookTo(view, compute(state).dW, i, j);
    return next === view ? view : { ...next, bias: false };
  }
  if (name === "db") return shownOf(state, view).shown === steps.count(state) ? { ...view, bias: true, hot: null } : view;
  return name === "exchanged" ? view : { ...view, hot: [name, i, j] };
}

function result(state, view) {
  const { dW, db } = compute(state);
  const { row, column } = shownOf(state, view);
  return view.bias ? `gradient of b: ${spoken(db[0][0])}` : `${gradientInWords(row, column)}: ${spoken(dW[row][column])}`;
}

const kernelGradient = {
  name: "kernel_gradient",
  title: "The gradients of a kernel and its bias",
  movable: ["a_prev", "delta"],
  options: {
    swapped: { values: [false, true], words: (swapped) => (swapped ? "δ star a, the arguments swapped" : "a star δ") },
  },
  view: VIEW,
  pointed,
  place,
  words: inWords,
  matrices,
  asked,
  judge,
  body,
  select,
  actions: filling.actions,
  steps,
  sizes,
  fits,
  first: "a_11",
  result,
};

export const markup = (state) => drawn(kernelGradient, state);
export default () => live(kernelGradient);
