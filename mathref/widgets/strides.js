import { pad, rot180, star } from "./conv.js";
import { drawn, live } from "./live.js";
import { choice, factor, format, inSentence, ledger, matrix, spoken, stepper, symbol } from "./parts.js";
import {
  ALL, coloured, COUNT, entriesOf, indices, inProduct, reply, resized, size, small, windowAt,
} from "./planes.js";

// Figure 9, stride, padding and dilation: forward u = frame(a) ⋆ W↑d and z = u↓s, backward
// ∂C/∂f = pad(δ↑s) ⋆ rot180(W↑d) and ∇a = crop(∂C/∂f). In both directions a large plane is computed, u or ∂C/∂f, of which
// a part is kept, z or ∇a. A view looks at an entry of the large plane. Indices count from 0, in print from 1.

const VIEW = { row: 2, column: 2, shown: "all", hot: null }; // the entry whose window is shown, how many of those that are
// kept are filled in, and the number that is pointed at: ["a_prev", "W" or "delta", i, j]
const MOVABLE = ["a_prev", "W", "delta"];
const WORDS = { a_prev: "input", W: "weight", delta: "error" };
const [LARGEST_IMAGE, LARGEST_KERNEL, LARGEST_PLANE] = [5, 3, 10];

const input = entriesOf("a_prev", "a", "a");
const weight = entriesOf("W", "W", "w");
const error = entriesOf("delta", "delta", "δ");
const everywhere = entriesOf("u", "z", "u");
const output = entriesOf("z", "z", "z");
const gradient = entriesOf("grad_a", "grad", "∇a");
const [IMAGE, KERNEL, ERROR, U, Z, GRAD_A] = [
  ["a_prev", "a", "a"], ["W", "W", "W"], ["delta", "delta", "δ"], ["u", "z", "u"], ["z", "z", "z"], ["grad_a", "grad", "∇a"],
].map((names) => symbol(...names));
const GRAD_F = symbol("grad_f", "grad", "∂C/∂f");
const step = (M, arrow, by) => `${M}<span class="scripts"><sub>${arrow}${by}</sub></span>`;

function inWords(name, i, j) {
  return `${WORDS[name]} row ${i + 1}, column ${j + 1}`;
}

/** Where the entry called w_12 or delta_21 stands: ["W", 0, 1]. */
function place(entry) {
  const [letter, [i, j]] = entry.split("_");
  return [{ a: "a_prev", w: "W" }[letter] ?? letter, i - 1, j - 1];
}

/** How long each plane is along an axis with n entries of the image and k of the kernel. */
function lengths({ stride, padding, dilation }, n, k) {
  const framed = n + 2 * padding;
  const reach = dilation * (k - 1) + 1;
  const places = framed - reach + 1;
  return { n, k, framed, reach, places, kept: Math.floor((places - 1) / stride) + 1 };
}

/** The lengths along both axes. */
const axes = (state) => {
  const { a_prev, W } = state;
  return [lengths(state, a_prev.length, W.length), lengths(state, a_prev[0].length, W[0].length)];
};

/** A plane of zeros in which the entries of M lie `by` apart, the first of them `from` rows and columns inside. */
const laid = (M, rows, columns, by, from = 0) => Array.from({ length: rows }, (_, r) => (
  Array.from({ length: columns }, (__, c) => M[(r - from) / by]?.[(c - from) / by] ?? 0)));

/** Everything that follows. δ has the shape of z, whatever the model has sent so far. */
function compute(state) {
  if (!computed.has(state)) {
    const { a_prev, W, stride, padding, dilation } = state;
    const [down, across] = axes(state);
    const f = laid(a_prev, down.framed, across.framed, 1, padding);
    const V = laid(W, down.reach, across.reach, dilation);
    const u = star(f, V);
    const delta = resized(state.delta, down.kept, across.kept);
    const spread = laid(delta, down.places, across.places, stride);
    const grad_f = star(pad(spread, V), rot180(V));
    computed.set(state, {
      V,
      u,
      z: delta.map((row, i) => row.map((_, j) => u[stride * i][stride * j])),
      delta,
      spread,
      grad_f,
      grad_a: a_prev.map((row, m) => row.map((_, n) => grad_f[m + padding][n + padding])),
    });
  }
  return computed.get(state);
}
const computed = new WeakMap(); // of each state once, though every entry asks for it

/** The plane that is computed whole, and which of its entries are kept: [row, column] in the kept plane, or nothing. */
function large(state) {
  const { backward, stride, padding } = state;
  const { u, z, grad_f, grad_a } = compute(state);
  const [M, kept, back] = backward
    ? [grad_f, grad_a, (r) => r - padding]
    : [u, z, (r) => r / stride];
  const keptAt = (row, column) => {
    const at = [back(row), back(column)];
    return kept[at[0]]?.[at[1]] === undefined ? undefined : at;
  };
  const there = backward ? (i) => i + padding : (i) => stride * i;
  const order = kept.flatMap((numbers, i) => numbers.map((_, j) => [there(i), there(j)]));
  return { M, kept, keptAt, order };
}

/** Where a view looks in the large plane, at an entry that is not covered, and how much of it is filled in. */
function standsAt(state, { row, column, shown }) {
  const { M, order } = large(state);
  const count = order.length;
  const filled = Math.min(shown === "all" ? Infinity : shown, count);
  const at = [Math.min(row, M.length - 1), Math.min(column, M[0].length - 1)];
  const [i, j] = isCovered(state, { shown: filled, count }, ...at) ? order[filled - 1] : at;
  return { row: i, column: j, shown: filled, count };
}

/** Whether an entry is not to be seen yet: one that is kept until its step, one that is not until the last. */
function isCovered(state, { shown, count }, row, column) {
  const { keptAt, kept } = large(state);
  const [i, j] = keptAt(row, column) ?? [];
  return shown < count && (i === undefined || i * kept[0].length + j >= shown);
}

/**
 * The products of a window, in the order in which the kernel lies: the weight (p, q), the input or error (i, j) that it
 * meets, which is undefined on a zero of the frame or between two errors, and where that lies on the left plane.
 */
function products(state, row, column) {
  const { a_prev, W, stride, padding, dilation, backward } = state;
  const { delta } = compute(state);
  const all = W.flatMap((weights, p) => weights.map((w, q) => {
    if (!backward) {
      const [r, c] = [row + dilation * p, column + dilation * q];
      const [i, j] = [r - padding, c - padding];
      return { p, q, w, i, j, x: a_prev[i]?.[j], r: i, c: j };
    }
    const [r, c] = [row - dilation * p, column - dilation * q]; // the place of u whose kernel had (p, q) on this entry of f
    const [i, j] = [r / stride, c / stride];
    return { p, q, w, i, j, x: delta[i]?.[j], r, c };
  }));
  return backward ? all.reverse() : all;
}

/** Whether a product contains what is pointed at. */
function isHot({ hot }, { p, q, i, j, x }) {
  const [name, row, column] = hot ?? [];
  return name === "W" ? p === row && q === column : x !== undefined && name !== undefined && i === row && j === column;
}

/** An entry of the large plane, in symbols and in words. */
function named({ backward }, row, column) {
  return backward ? `<span class="symbol q-grad">(${GRAD_F})<span class="scripts"><sub>${indices(row, column)}</sub></span></span>`
    : everywhere(row, column);
}
function namedInWords({ backward }, row, column) {
  return `${backward ? "gradient of f" : "u"}, row ${row + 1}, column ${column + 1}`;
}

/** How many inputs stand in no output: the stride, or the zeros of the kernel, pass over them. */
function unread(state) {
  const forward = { ...state, backward: false };
  const read = new Set(large(forward).order.flatMap(([row, column]) => products(forward, row, column)
    .filter(({ x }) => x !== undefined).map(({ i, j }) => indices(i, j))));
  return state.a_prev.flat().length - read.size;
}

/** The matrices of the way that is shown, as `parts.js` draws them, for a view or, at rest, for the table. */
function matrices(state, view = VIEW) {
  const { a_prev, W, stride, padding, dilation, backward, bound } = state;
  const { V, z, delta, spread, grad_a } = compute(state);
  const [down, across] = axes(state);
  const { M, keptAt } = large(state);
  const at = standsAt(state, view);
  const { row, column } = at;
  const terms = products(state, row, column);
  const hot = (test) => (terms.some((term) => isHot(view, term) && test(term)) ? "hot" : "");
  const isWeight = (r, c) => r % dilation === 0 && c % dilation === 0;
  const met = (r, c) => {
    const term = terms.find((one) => one.r === r && one.c === c);
    return small(term ? `×${format(term.w)}` : "", "W");
  };
  const movable = (name, kind, letter, numbers, words, more) => ({
    name, kind, M: numbers, bound, title: letter, words, entry: (i, j) => inWords(name, i, j), ...more,
  });
  const kernel = {
    name: "kernel", quantity: "W", kind: "W", M: backward ? rot180(V) : V, still: true,
    title: `<span>${backward ? `rot180(${step(KERNEL, "↑", dilation)})` : step(KERNEL, "↑", dilation)}</span>`,
    words: `W with zeros inserted, ${backward ? "turned by 180 degrees" : "not turned"}`,
    mark: (r, c) => (isWeight(r, c) ? "" : "between"),
  };
  const whole = {
    name: backward ? "grad_f" : "u", kind: backward ? "grad" : "z", M, title: backward ? GRAD_F : U,
    words: backward ? "gradient of the framed image" : "the plain convolution u at every place",
    entry: (r, c) => `${namedInWords(state, r, c)}, ${keptAt(r, c) ? "kept" : backward ? "cropped" : "passed over"}`,
    mark: (r, c) => [
      r === row && c === column && "on",
      !keptAt(r, c) && "dropped",
      !isCovered(state, at, r, c) && view.hot && view.hot[0] !== "W" && products(state, r, c).some((term) => isHot(view, term)) && "fed",
    ].filter(Boolean).join(" "),
    covered: (r, c) => isCovered(state, at, r, c),
  };
  const kept = (name, kind, numbers, title, words, there) => ({
    name, kind, M: numbers, title, words,
    entry: (i, j) => `${words} row ${i + 1}, column ${j + 1}`,
    mark: (i, j) => (there(i) === row && there(j) === column ? "on" : ""),
    covered: (i, j) => isCovered(state, at, there(i), there(j)),
  });
  const markOf = { mark: (i, j) => hot((term) => term.i === i && term.j === j) };
  const weights = movable("W", "W", KERNEL, W, "kernel W", { mark: (p, q) => hot((term) => term.p === p && term.q === q) });
  if (!backward) {
    return [
      movable("a_prev", "a", `<span>frame(${IMAGE})</span>`, a_prev, "image a in its frame of zeros", {
        frame: [padding, padding], inside: met, over: windowAt(row, column, V), ...markOf,
      }),
      weights, kernel, whole, kept("z", "z", z, Z, "z", (i) => stride * i),
    ];
  }
  return [
    movable("delta", "delta", ERROR, delta, "errors", markOf),
    {
      name: "spread", quantity: "delta", kind: "delta", M: spread, still: true, frame: [down.reach - 1, across.reach - 1],
      title: `<span>pad(${step(ERROR, "↑", stride)})</span>`, words: "errors with zeros inserted, in their frame",
      mark: (r, c) => (r % stride || c % stride ? "between" : hot((term) => term.r === r && term.c === c)),
      inside: met, over: windowAt(row, column, V),
    },
    weights, kernel, whole, kept("grad_a", "grad", grad_a, GRAD_A, "gradient of a,", (i) => i + padding),
  ];
}

/** The sum of the window at (row, column), product by product, and what becomes of it. */
function sum(state, row, column, view = VIEW) {
  const { backward } = state;
  const { M, keptAt } = large(state);
  const terms = products(state, row, column);
  const [kind, name] = backward ? ["delta", error] : ["a", input];
  const at = keptAt(row, column);
  const kept = at && (backward ? gradient : output)(...at);
  const dropped = backward ? "A zero of the frame stood here: it is cropped." : "The stride passes over this place: no output.";
  return ledger({
    of: named(state, row, column),
    terms: terms.map((term) => {
      const { i, j, p, q, x, w } = term;
      return [
        (x === undefined ? "0 " : name(i, j)) + weight(p, q),
        `${x === undefined ? "0" : coloured(kind, factor(x))}·<wbr>${coloured("W", factor(w))}`,
        (x ?? 0) * w,
        `${x === undefined ? "outside" : ""} ${isHot(view, term) ? "hot" : ""}`,
      ];
    }),
    total: M[row][column],
    kind: backward ? "grad" : "z",
    said: `${namedInWords(state, row, column)}: ${spoken(M[row][column])}, the sum of ${COUNT[terms.length]} product${
      terms.length > 1 ? "s" : ""}, ${terms.map(({ x = 0, w }) => `${spoken(x)} times ${spoken(w)}`).join(" plus ")}; ${
      at ? "kept" : "not kept"}`,
    place: `data-row="${row}" data-column="${column}"`,
    after: `<div class="after">${at ? `It is kept: ${kept}.` : dropped}</div>`,
  });
}

/** The size of z by its formula, in numbers of this state; or what the way back makes of δ. */
function note(state) {
  const { stride, padding, dilation, backward } = state;
  const { delta, spread, grad_f, grad_a } = compute(state);
  const [down, across] = axes(state);
  const count = unread(state);
  const inputs = state.a_prev.flat().length;
  const silent = `${inSentence("unread", count, count)} of ${inputs} input${inputs === 1 ? "" : "s"} ${count === 1 || inputs === 1 ? "is" : "are"} read by no output`;
  if (backward) {
    return `${ERROR} is ${size(delta)}; with zeros inserted ${size(spread)}, as ${U}. ${GRAD_F} is ${size(grad_f)}, of which ${
      GRAD_A} is the inner ${size(grad_a)}. ${silent}${count ? ", and their gradient is 0" : ""}.`;
  }
  const over = (axis, name) => {
    const left = axis.places - 1 - stride * (axis.kept - 1);
    return left ? `, and ${inSentence(`left ${name}s`, left, left)} ${name}${left > 1 ? "s" : ""} of places at the end ${
      left > 1 ? "are" : "is"} passed over` : "";
  };
  return `<b>H′ = ⌊(${down.n} + 2·${padding} − ${dilation}·(${down.k} − 1) − 1) / ${stride}⌋ + 1 = ${
    inSentence("rows", down.kept, down.kept)}</b>${over(down, "row")}. W′ = ${inSentence("columns", across.kept, across.kept)}${
    over(across, "column")}. ${silent}.`;
}

/** What the figure asks about: the entry that moves, where it stands, and the entry of z or of ∇a that is watched. */
function subject(state) {
  const [name, i, j] = place(state.entry);
  const { kept } = large(state);
  const [m, n] = [kept, kept[0]].map(({ length }) => Math.floor((length - 1) / 2));
  return {
    name, i, j, m, n,
    moved: { a_prev: input, W: weight, delta: error }[name](i, j),
    watched: (state.backward ? gradient : output)(m, n),
  };
}

function asked(state) {
  const { moved, watched } = subject(state);
  return `What happens to ${watched} if ${moved} grows and nothing else moves?`;
}

/** The reply to a choice, which names the slip. The slope is the partner of what moves, in their product. */
function judge(state, choice) {
  const { a_prev, W, backward } = state;
  const { name, i, j, m, n, moved, watched } = subject(state);
  const { M, order, kept } = large(state);
  const [row, column] = order[m * kept[0].length + n];
  const term = products(state, row, column).find((one) => isHot({ hot: [name, i, j] }, one));
  const reads = name === "W" || (name === "delta") === backward;
  const [numbers, letter] = backward ? [compute(state).delta, error] : [a_prev, input];
  const isOfW = name === "W";
  const slope = reads && term ? (isOfW ? term.x : term.w) : undefined;
  // Where it would have its partner with stride and dilation 1 and no padding.
  const way = backward ? -1 : 1;
  const [s, t] = isOfW ? [m + way * i, n + way * j] : [way * (i - m), way * (j - n)];
  const [others, named_] = isOfW ? [numbers, letter] : [W, weight];
  const because = () => {
    if (!reads) return `${moved} is no part of this sum: ${backward ? "the way back reads errors and weights" : "errors come later"}.`;
    if (slope === undefined) return `${moved} meets ${isOfW && term ? "a zero" : "nothing"} in the window of ${watched}.`;
    const [partner, product] = isOfW
      ? [letter(term.i, term.j), letter(term.i, term.j) + moved] : [weight(term.p, term.q), moved + weight(term.p, term.q)];
    return inProduct(watched, moved, product, partner, slope);
  };
  return reply(choice, {
    watched,
    moved,
    slope,
    slip: reads ? others[s]?.[t] : undefined,
    slipped: () => `You paired ${moved} with ${named_(s, t)} = ${format(others[s][t])}, which is what it meets with stride and
      dilation 1 and no padding.`,
    because: because(),
  });
}

/** Why a state cannot be, in words; nothing if it can. */
function impossible(state) {
  const both = axes(state).map((axis, k) => ({ ...axis, name: ["rows", "columns"][k] }));
  const without = both.find(({ places }) => places < 1);
  if (without) {
    return `Impossible: the kernel would reach over ${without.reach} ${without.name}, but the image with its frame has only ${
      without.framed}. No place is left for it.`;
  }
  const wide = both.find(({ n, k, framed, reach }) => (
    n > LARGEST_IMAGE || k > LARGEST_KERNEL || framed + reach - 1 > LARGEST_PLANE));
  if (!wide) return "";
  return `Too large for this figure: δ in its frame would have ${wide.framed + wide.reach - 1} ${wide.name}, and there is room
    for ${LARGEST_PLANE}.`;
}

/** The changes together with a δ that has the shape of the z then; or, in words, why they cannot be. */
function fitted(state, changes) {
  const then = { ...state, ...changes };
  const why = impossible(then);
  if (why) return why.replace(/\s+/g, " ");
  return { ...changes, delta: resized(state.delta, ...axes(then).map(({ kept }) => kept)) };
}

const fits = (state) => !impossible(state)
  && axes(state).every(({ kept }, k) => kept === [state.delta.length, state.delta[0].length][k]);

const SIZES = ["image", "kernel"].flatMap((whose) => ["rows", "columns"].map((side, axis) => ({ whose, side, axis })));
const sizes = Object.fromEntries(SIZES.map(({ whose, side, axis }) => [`${whose} ${side}`, {
  words: (value) => `the ${whose} has ${value} ${value === "1" ? side.slice(0, -1) : side}`,
  resize(state, value) {
    const name = whose === "image" ? "a_prev" : "W";
    const shape = [state[name].length, state[name][0].length];
    shape[axis] = Number(value);
    return fitted(state, { [name]: resized(state[name], ...shape) });
  },
}]));

function settings(state) {
  const now = { image: state.a_prev, kernel: state.W };
  const select = ({ whose, side, axis }) => choice(
    axis ? "×" : whose, `data-size="${whose} ${side}" aria-label="${whose} ${side}"`,
    [...Array(whose === "image" ? LARGEST_IMAGE : LARGEST_KERNEL).keys()].map((k) => k + 1),
    axis ? now[whose][0].length : now[whose].length,
  );
  const pairs = [SIZES.slice(0, 2), SIZES.slice(2)].map((pair) => `<span>${pair.map(select).join("")}</span>`);
  const steps = Object.keys(STEPS).map((name) => choice(name, `data-trait="${name}" aria-label="${name}"`, STEPS[name], state[name]));
  return `<div class="sizes">${pairs.join("")}${steps.join("")}
    <button type="button" data-trait="backward" aria-pressed="${state.backward}">backward</button></div>`;
}

function body(state, view) {
  const { stride, dilation, backward } = state;
  const { shown, count, row, column } = standsAt(state, view);
  const across = axes(state)[1];
  const all = matrices(state, view).map(matrix);
  const [left, weights, kernel, whole, kept] = backward ? [all[1], ...all.slice(2)] : all;
  const wide = backward ? across.framed + across.reach - 1 : across.framed;
  const [inner, outer] = backward ? [across.n, across.framed] : [across.kept, across.places];
  const becomes = (by) => `<span class="operator"><small>${by}</small>→</span>`;
  return `<div class="plane-settings">${settings(state)}<p class="note" role="note">${note(state)}</p></div>
    <div class="planes" style="--wide:${Math.max(wide, outer)};--beside:${wide + outer + inner + 1}">
      <div class="from">${backward ? all[0] + becomes(`↑${stride}, pad`) : ""}${left}</div><span class="operator">⋆</span>
      <div class="to"><div class="pair">${weights}${becomes(`↑${dilation}${backward ? ", rot180" : ""}`)}${kernel}</div><span class="operator equals">=</span>
      <div class="pair">${whole}${becomes(backward ? "crop" : `↓${stride}`)}${kept}</div></div>
    </div>
    ${stepper({ at: shown, count, playing: view.playing, more: ALL })}
    <div class="result">${sum(state, row, column, view)}</div>`;
}

/** Pointing at an entry of a result shows its window; at a number that can be moved, the products that it is in. */
function select({ name, i, j }, state, view) {
  const { stride, padding, dilation, backward } = state;
  const look = (row, column) => (
    isCovered(state, standsAt(state, view), row, column) ? view : { ...view, row, column, hot: null });
  const point = (what, M, row, column) => (M[row]?.[column] === undefined ? view : { ...view, hot: [what, row, column] });
  const { V, delta } = compute(state);
  switch (name) {
    case "u": case "grad_f": return look(i, j);
    case "z": return look(stride * i, stride * j);
    case "grad_a": return look(i + padding, j + padding);
    case "kernel": {
      const [p, q] = backward ? [V.length - 1 - i, V[0].length - 1 - j] : [i, j];
      return point("W", state.W, p / dilation, q / dilation);
    }
    case "spread": return point("delta", delta, i / stride, j / stride);
    default: return point(name, name === "delta" ? delta : state[name], i, j);
  }
}

const STEPS = { stride: [1, 2, 3], padding: [0, 1, 2], dilation: [1, 2] };

const strides = {
  name: "strides",
  title: "Stride, padding, dilation",
  movable: MOVABLE,
  options: {
    ...Object.fromEntries(Object.entries(STEPS).map(([name, values]) => [name, {
      values,
      words: (value) => `${name} ${value}`,
      change: (state, value) => fitted(state, { [name]: value }),
    }])),
    backward: { values: [false, true], words: (backward) => (backward ? "the way back" : "the way forward") },
  },
  view: VIEW,
  place,
  words: inWords,
  matrices,
  asked,
  judge,
  body,
  select,
  actions: { all: (state, view) => ({ ...view, shown: "all" }) },
  steps: {
    count: (state) => large(state).order.length,
    at: (state, view) => standsAt(state, view).shown,
    to(state, view, k) {
      const [row, column] = large(state).order[k - 1];
      return { ...view, shown: k, row, column, hot: null };
    },
  },
  pointed(state) {
    const { M, order } = large(state);
    return { row: [...M.keys()], column: [...M[0].keys()], shown: ["all", ...order.map((_, k) => k + 1)] };
  },
  sizes,
  fits,
  first: "w_11",
  result(state, view) {
    const { row, column } = standsAt(state, view);
    return `${namedInWords(state, row, column)}: ${spoken(large(state).M[row][column])}`;
  },
};

export const markup = (state) => drawn(strides, state);
export default () => live(strides);
