import { pad, rot180, star } from "./conv.js";
import { drawn, live } from "./live.js";
import { factor, format, inSentence, ledger, matrix, spoken, stepper, symbol } from "./parts.js";
import {
  ALL, coloured, COUNT, differs, entriesOf, fillingIn, indices, inProduct, lookedAt, lookTo, reply, resized,
  sideBySide, size, sizing, small, windowAt,
} from "./planes.js";

// Figure 6, the padded gradient: ∇a = pad(δ) ⋆ rot180(W), window by window; and what is left of it without the turn or
// without the frame. Indices count from 0, in print from 1.

const VIEW = { row: 1, column: 1, shown: "all", hot: null }; // the entry whose window is shown, how many are filled in,
// and the error or weight that is pointed at: ["delta" or "W", i, j]

const delta = entriesOf("delta", "delta", "δ");
const weight = entriesOf("W", "W", "w");
const input = entriesOf("a", "a", "a");
const output = entriesOf("z", "z", "z");
const gradient = entriesOf("grad_a", "grad", "∇a");
const DELTA = symbol("delta", "delta", "δ");
const KERNEL = symbol("W", "W", "W");

function inWords(name, i, j) {
  return `${{ delta: "error", W: "weight" }[name]} row ${i + 1}, column ${j + 1}`;
}

/** Where the entry called w_12 or delta_21 stands: ["W", 0, 1]. */
function place(entry) {
  const [letter, [i, j]] = entry.split("_");
  return [letter === "w" ? "W" : letter, i - 1, j - 1];
}

/** Everything that follows: the image and the kernel as they are used, what they give, and what they should give. */
function compute(state) {
  if (!computed.has(state)) {
    const { delta, W, turned, framed } = state;
    computed.set(state, {
      result: star(framed ? pad(delta, W) : delta, turned ? rot180(W) : W),
      grad_a: star(pad(delta, W), rot180(W)),
    });
  }
  return computed.get(state);
}
const computed = new WeakMap(); // of each state once, though every entry asks for it

/** How many rows and columns of zeros stand above and beside δ. */
const frame = ({ W, framed }) => (framed ? [W.length - 1, W[0].length - 1] : [0, 0]);

/** The input whose gradient an entry of the result is, or should be: without the frame the first window is further in. */
function inputOf({ W, framed }, row, column) {
  return framed ? [row, column] : [row + W.length - 1, column + W[0].length - 1];
}

/** The products of a window: the error at (i, j) of δ, which is outside in the frame, and the weight at (p, q) of W. */
function products(state, row, column) {
  const { delta, W, turned } = state;
  const [above, beside] = frame(state);
  const [m, n] = inputOf(state, row, column);
  return W.flatMap((weights, r) => weights.map((_, c) => {
    const [i, j] = [row + r - above, column + c - beside];
    const [p, q] = turned ? [W.length - 1 - r, weights.length - 1 - c] : [r, c];
    const error = delta[i]?.[j];
    // a_mn went into z_ij times w_{m−i,n−j}: by this weight, and no other, its error comes back.
    const astray = error !== undefined && (p !== m - i || q !== n - j);
    return { i, j, p, q, r, c, error, weight: W[p][q], astray };
  }));
}

/** Where a view looks in the result, and how much of it is filled in. */
const shownOf = (state, view) => lookedAt(view, compute(state).result);

/** What is computed, in symbols. A kernel that is not turned is not called turned. */
function formula({ turned, framed }) {
  return `${framed ? `pad(${DELTA})` : DELTA} ⋆ ${turned ? `rot180(${KERNEL})` : KERNEL}`;
}

const isRight = ({ turned, framed }) => turned && framed;

/** An entry of the result, in symbols and in words. */
function named(state, row, column) {
  if (isRight(state)) return gradient(row, column);
  return `<span class="symbol">(${formula(state)})<span class="scripts"><sub>${indices(row, column)}</sub></span></span>`;
}
function namedInWords(state, row, column) {
  const what = isRight(state) ? "gradient of a," : "entry of the result,";
  return `${what} row ${row + 1}, column ${column + 1}`;
}

/** The true gradient that an entry of the result should be. */
function truth(state, row, column) {
  const [m, n] = inputOf(state, row, column);
  return compute(state).grad_a[m][n];
}

/** The matrices of the equation, as `parts.js` draws them, for a view or, at rest, for the table. */
function matrices(state, view = VIEW) {
  const { delta: errors, W, turned, framed, bound } = state;
  const { result } = compute(state);
  const { row, column, shown, columns } = shownOf(state, view);
  const [above, beside] = frame(state);
  const terms = products(state, row, column);
  const hot = (test) => (terms.some((term) => isHot(view, term) && test(term)) ? "hot" : "");
  const corner = (turn) => `<span class="corner ${turn}"></span>`;
  const isCorner = (r, c) => (turned ? r === W.length - 1 && c === W[0].length - 1 : r === 0 && c === 0);
  const isFed = (m, n) => view.hot?.[0] === "delta" && products(state, m, n).some((term) => isHot(view, term));
  return [
    {
      name: "delta", kind: "delta", M: errors, bound, frame: [above, beside],
      title: framed ? `<span>pad(${DELTA})</span>` : DELTA,
      words: framed ? "errors in their frame of zeros" : "errors without a frame",
      entry: (i, j) => inWords("delta", i, j),
      mark: (i, j) => hot((term) => term.i === i && term.j === j),
      inside(i, j) {
        const met = terms.find((term) => term.i === i && term.j === j);
        return small(met ? `×${format(met.weight)}` : "", "W");
      },
      over: windowAt(row, column, W),
    },
    {
      name: "W", kind: "W", M: W, bound, title: KERNEL, words: "kernel W",
      entry: (p, q) => inWords("W", p, q),
      mark: (p, q) => hot((term) => term.p === p && term.q === q),
      inside: (p, q) => (p === 0 && q === 0 ? corner("") : ""),
    },
    {
      name: "kernel", quantity: "W", kind: "W", M: turned ? rot180(W) : W, still: true,
      title: turned ? `<span>rot180(${KERNEL})</span>` : `<span>${KERNEL}, not turned</span>`,
      words: turned ? "W turned by 180 degrees" : "W, not turned",
      mark: (r, c) => hot((term) => term.r === r && term.c === c),
      inside(r, c) {
        const { p, q } = terms.find((term) => term.r === r && term.c === c);
        return small(weight(p, q), "W") + (isCorner(r, c) ? corner(turned ? "turned" : "") : "");
      },
    },
    {
      name: "result", quantity: isRight(state) ? "grad_a" : "result", kind: "grad", M: result,
      title: isRight(state) ? symbol("grad_a", "grad", "∇a") : `<span>${formula(state)}</span>`,
      words: isRight(state) ? "gradient of a" : "result, which is not the gradient of a",
      entry: (m, n) => namedInWords(state, m, n),
      mark: (m, n) => `${m === row && n === column ? "on" : ""} ${isFed(m, n) ? "fed" : ""}`,
      covered: (m, n) => m * columns + n >= shown,
      inside(m, n) {
        const [is, should] = [result[m][n], truth(state, m, n)];
        return m * columns + n < shown && differs(is, should) ? small(`≠ ${format(should)}`, "grad") : "";
      },
    },
  ];
}

/** Whether a product contains what is pointed at. */
function isHot({ hot }, { i, j, p, q }) {
  if (!hot) return false;
  const [name, row, column] = hot;
  return name === "W" ? p === row && q === column : i === row && j === column;
}

/** The sum of the window at (row, column), product by product. */
function sum(state, row, column, view = VIEW) {
  const { result } = compute(state);
  const terms = products(state, row, column);
  const spokenTerms = terms.map(({ error = 0, weight: w }) => `${spoken(error)} times ${spoken(w)}`);
  return ledger({
    of: named(state, row, column),
    terms: terms.map((term) => {
      const { i, j, p, q, error, weight: w, astray } = term;
      const outside = error === undefined;
      return [
        (outside ? "0 " : delta(i, j)) + weight(p, q),
        `${outside ? "0" : coloured("delta", factor(error))}·<wbr>${coloured("W", factor(w))}`,
        (error ?? 0) * w,
        `${outside ? "outside" : ""} ${astray ? "astray" : ""} ${isHot(view, term) ? "hot" : ""}`,
      ];
    }),
    total: result[row][column],
    kind: "grad",
    said: `${namedInWords(state, row, column)}: ${spoken(result[row][column])}, the sum of ${COUNT[terms.length]} `
      + `product${terms.length > 1 ? "s" : ""}, ${spokenTerms.join(" plus ")}`,
    place: `data-row="${row}" data-column="${column}"`,
  });
}

/** What the state of the switches does to the result, in numbers of this state. */
function note(state) {
  const { turned, framed } = state;
  const { result, grad_a } = compute(state);
  const total = (M) => M.flat().reduce((sum, x) => sum + x, 0);
  const count = result.flatMap((numbers, m) => numbers.filter((x, n) => differs(x, truth(state, m, n)))).length;
  const [entries, all] = [result.flat().length, grad_a.flat().length];
  const sums = `sum ${inSentence("sum", total(result))}, mean ${inSentence("mean", total(result) / entries)}`;
  const wrong = `${inSentence("wrong", count, count)} of ${entries} ${entries === 1 ? "entry" : "entries"}`;
  if (turned && framed) return `${size(result)} as the image, ${sums}.`;
  const turn = count
    ? `<b>Not turned:</b> ${wrong} ${count === 1 ? "is" : "are"} wrong.`
    : `<b>Not turned:</b> with these numbers no entry shows it, ${wrong} ${count === 1 ? "is" : "are"} wrong.`;
  if (framed) {
    return `${turn} Yet the shape is right, and so are ${sums}: a test of shapes, sums or means does not notice.`;
  }
  const shape = `<b>No frame:</b> ${size(result)} instead of ${size(grad_a)}. Only windows that lie whole inside ${DELTA} `
    + `are left, and ${all - entries} of ${all} gradients are missing; ${sums}.`;
  if (turned) return `${shape} What is left is right.`;
  return `${shape} ${turn}`;
}

/** The layer forward, from a to z, in which the paths of the products are marked; and what they mean, in words. */
function paths(state, view) {
  const { delta: errors, W } = state;
  const { grad_a } = compute(state);
  const { row, column } = shownOf(state, view);
  const [m, n] = inputOf(state, row, column);
  const [, i, j] = view.hot ?? [];
  const from = view.hot?.[0] === "delta" && errors[i]?.[j] !== undefined;
  const between = (input, output) => { // the weight between a and z, if there is one
    const [p, q] = [input[0] - output[0], input[1] - output[1]];
    return W[p]?.[q] === undefined ? "" : weight(p, q);
  };
  const grid = (name, kind, M, label, mark, inside) => {
    const cells = M.map((numbers, r) => numbers.map((_, c) => (
      `<span class="entry ${mark(r, c)}" data-name="${name}" data-row="${r}" data-column="${c}">
      <span>${label(r, c)}</span><small class="small q-W">${inside(r, c)}</small></span>`)).join("")).join("");
    return `<div class="matrix q-${kind}" data-quantity="${name}"><div class="entries" style="--columns:${M[0].length}">${
      cells}</div></div>`;
  };
  const [fromInputs, intoOutputs] = from
    ? [(r, c) => between([r, c], [i, j]), () => ""]
    : [() => "", (r, c) => between([m, n], [r, c])];
  const marked = (test) => (r, c) => (test(r, c) ? "on" : "");
  const a = grid("a", "a", grad_a, input, marked(from ? fromInputs : (r, c) => r === m && c === n), fromInputs);
  const z = grid("z", "z", errors, output, marked(from ? (r, c) => r === i && c === j : intoOutputs), intoOutputs);
  return `<div class="forward" aria-hidden="true">${a}<span class="operator">→</span>${z}</div>
    <p>${from ? scatter(state, i, j) : gather(state, row, column)}</p>`;
}

function gather(state, row, column) {
  const [m, n] = inputOf(state, row, column);
  const outputs = state.delta.flatMap((errors, i) => errors.map((_, j) => [i, j]))
    .filter(([i, j]) => state.W[m - i]?.[n - j] !== undefined);
  const into = outputs.map(([i, j]) => `${output(i, j)} times ${weight(m - i, n - j)}`).join(", ");
  const astray = products(state, row, column).find((term) => term.astray);
  const back = astray
    ? `Here the sum takes ${delta(astray.i, astray.j)} times ${weight(astray.p, astray.q)}: the wrong way back.`
    : `Each ${DELTA} comes back by the same weight.`;
  return `<b>Gather.</b> Forward ${input(m, n)} went into ${COUNT[outputs.length]} output${outputs.length > 1 ? "s" : ""}: ${
    into}. ${back}`;
}

function scatter({ delta: errors, W }, i, j) {
  return `<b>Scatter.</b> Forward ${output(i, j)} was made of ${COUNT[W.length * W[0].length]} inputs, each times its weight.
    Back go ${delta(i, j)} = ${format(errors[i][j])} times the same weights, to the gradients of the same inputs.`;
}

/** What the figure asks about: the entry that moves, where it stands, and the entry of ∇a that is watched. */
function subject({ entry, delta: errors, W }) {
  const [name, i, j] = place(entry);
  const [m, n] = [Math.floor((errors.length + W.length - 2) / 2), Math.floor((errors[0].length + W[0].length - 2) / 2)];
  return { name, i, j, m, n, moved: (name === "W" ? weight : delta)(i, j), watched: gradient(m, n) };
}

function asked(state) {
  const { moved, watched } = subject(state);
  return `What happens to ${watched} if ${moved} grows and nothing else moves?`;
}

/** The reply to a choice, which names the slip. The slope of ∇a is the partner of what moves, in their product. */
function judge(state, choice) {
  const { delta: errors, W } = state;
  const { name, i, j, m, n, moved, watched } = subject(state);
  const [M, partner] = name === "W" ? [errors, delta] : [W, weight];
  const [r, c] = [m - i, n - j]; // the indices of an error and of its weight add up to those of the input
  const way = name === "W" ? 1 : -1; // where the kernel is not turned, their places in the window are the same
  const [s, t] = [i + way * (m - W.length + 1), j + way * (n - W[0].length + 1)];
  const slope = M[r]?.[c];
  const [z, w] = name === "W" ? [output(r, c), moved] : [output(i, j), partner(r, c)];
  const because = () => {
    if (slope === undefined) return `${moved} stands in no product of ${watched}: it meets the frame, or lies outside the window.`;
    const product = name === "W" ? partner(r, c) + moved : moved + partner(r, c);
    return `${input(m, n)} went into ${z} times ${w}, so ${inProduct(watched, moved, product, partner(r, c), slope)}`;
  };
  return reply(choice, {
    watched,
    moved,
    slope,
    slip: M[s]?.[t],
    slipped: () => (
      `You paired ${moved} with ${partner(s, t)} = ${format(M[s][t])}, which is what meets it when the kernel is not turned.`),
    because: because(),
  });
}

function body(state, view) {
  const { turned, framed } = state;
  const { row, column, shown, rows, columns } = shownOf(state, view);
  const [errors, W, kernel, result] = matrices(state, view).map(matrix);
  const [wide, wideOfW] = [state.delta[0].length, state.W[0].length];
  const forget = (trait, on, text) => (
    `<button type="button" data-trait="${trait}" aria-pressed="${!on}">${text}</button>`);
  return `<div class="plane-settings">${selects(state)}
    ${forget("turned", turned, "forget rot180")}${forget("framed", framed, "forget the frame")}
    <p class="note" role="note">${note(state)}</p></div>
    <div ${sideBySide(wide + 2 * (wideOfW - 1), wideOfW, columns)}>
      ${errors}<span class="operator">⋆</span>
      <div class="kernels ${turned ? "turned" : "unturned"}">${W}<span class="turn">${turned ? "↻" : "="}</span>${kernel}</div>
      <div class="result"><span class="operator">=</span>${result}
        ${stepper({ at: shown, count: rows * columns, playing: view.playing, more: ALL })}
        <div class="written">${sum(state, row, column, view)}</div>
      </div>
    </div>
    <div class="paths">${paths(state, view)}</div>`;
}

/** Pointing at a gradient or an input shows its window; at an error, an output or a weight marks its products. */
function select({ name, i, j }, state, view) {
  const { turned, framed, W } = state;
  if (name === "W") return { ...view, hot: ["W", i, j] };
  if (name === "kernel") return { ...view, hot: ["W", ...(turned ? [W.length - 1 - i, W[0].length - 1 - j] : [i, j])] };
  if (name === "delta" || name === "z") return { ...view, hot: ["delta", i, j] };
  const inset = name === "a" && !framed ? [W.length - 1, W[0].length - 1] : [0, 0];
  return lookTo(view, compute(state).result, i - inset[0], j - inset[1]);
}

/** The image has the shape of ∇a; something is left without the frame. */
const { sizes, fits, selects } = sizing(
  ({ delta: errors, W }) => [[errors.length + W.length - 1, errors[0].length + W[0].length - 1], [W.length, W[0].length]],
  (n, k) => n <= 6 && k <= 3 && n >= 2 * k - 1,
  ({ delta: errors, W }, image, kernel) => ({
    delta: resized(errors, image[0] - kernel[0] + 1, image[1] - kernel[1] + 1), W: resized(W, ...kernel),
  }),
);

function result(state, view) {
  const { row, column } = shownOf(state, view);
  return `${namedInWords(state, row, column)}: ${spoken(compute(state).result[row][column])}`;
}

const convGradient = {
  name: "conv_gradient",
  title: "The padded gradient",
  movable: ["delta", "W"],
  options: {
    turned: { values: [true, false], words: (turned) => (turned ? "the kernel is turned" : "the kernel is not turned") },
    framed: { values: [true, false], words: (framed) => (framed ? "with the frame of zeros" : "without the frame") },
  },
  view: VIEW,
  place,
  words: inWords,
  matrices,
  asked,
  judge,
  body,
  select,
  ...fillingIn((state) => compute(state).result),
  sizes,
  fits,
  first: "w_11",
  result,
};

export const markup = (state) => drawn(convGradient, state);
export default () => live(convGradient);
