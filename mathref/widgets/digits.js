import { TRAINED } from "./digits_network.js";
import { drawn, live } from "./live.js";
import { choice, format, matrix, spoken, squeeze, symbol } from "./parts.js";

// Figure 11: the network of the chapter on digits, trained, reads what is drawn on 8 × 8 pixels. Convolution in a frame of
// zeros, relu, the largest of every 2 × 2, and one fully connected layer; back again for the gradient of a score.

const SIDE = 8;
const POOLED = SIDE / 2;
const DIGITS = [...Array(10).keys()];
const AROUND = [-1, 0, 1];

/** Nested lists of numbers, as the shape says. */
function nested(flat, [length, ...inner]) {
  if (!inner.length) return flat;
  const size = flat.length / length;
  return Array.from({ length }, (_, k) => nested(flat.slice(k * size, (k + 1) * size), inner));
}
const parameter = ({ shape, power, steps }) => nested(steps.map((step) => step / 2 ** power), shape);
const [KERNELS, BIASES, WEIGHTS, LAST] = ["kernels", "biases", "weights", "last_biases"].map((name) => parameter(TRAINED[name]));
const EXAMPLES = TRAINED.examples.map((text) => nested([...text].map((letter) => Math.round((100 * parseInt(letter, 17)) / 16) / 100), [SIDE, SIDE]));

const plane = (side, entry) => Array.from({ length: side }, (_, i) => Array.from({ length: side }, (__, j) => entry(i, j)));
const total = (list, term) => list.reduce((sum, item, k) => sum + term(item, k), 0);

/** z = a ⋆ W + b in a frame of zeros, one plane for each filter. */
function convolve(x) {
  const met = (kernel, i, j) => total(AROUND, (p) => total(AROUND, (q) => kernel[p + 1][q + 1] * (x[i + p]?.[j + q] ?? 0)));
  return KERNELS.map(([kernel], k) => plane(SIDE, (i, j) => met(kernel, i, j) + BIASES[k]));
}

const CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]];

/** Where the largest entry of the window at (i, j) stands: the first of equal ones. */
function chosen(map, i, j) {
  const places = CORNERS.map(([p, q]) => [2 * i + p, 2 * j + q]);
  return places.reduce((best, place) => (map[place[0]][place[1]] > map[best[0]][best[1]] ? place : best));
}

const softmax = (z) => {
  const largest = Math.max(...z);
  const e = z.map((score) => Math.exp(score - largest));
  return e.map((share) => share / total(e, (other) => other));
};

/** Everything that follows from the drawing. */
function read(x) {
  const filtered = convolve(x);
  const maps = filtered.map((z) => z.map((row) => row.map((score) => Math.max(score, 0))));
  const pooled = maps.map((map) => plane(POOLED, (i, j) => {
    const [row, column] = chosen(map, i, j);
    return map[row][column];
  }));
  const z = WEIGHTS.map((weights, d) => total(pooled.flat(2), (a, k) => weights[k] * a) + LAST[d][0]);
  return { filtered, maps, pooled, z, a: softmax(z), answer: z.indexOf(Math.max(...z)) };
}

/** The derivative of the score of a digit by every pixel: to the chosen entries, through relu, and back through the kernels. */
function scoreGradient(x, digit) {
  const { filtered, maps } = read(x);
  const gradient = plane(SIDE, () => 0);
  maps.forEach((map, k) => plane(POOLED, (i, j) => {
    const [row, column] = chosen(map, i, j);
    if (filtered[k][row][column] <= 0) return;
    const delta = WEIGHTS[digit][(k * POOLED + i) * POOLED + j];
    for (const p of AROUND) {
      for (const q of AROUND) {
        if (gradient[row + p]?.[column + q] !== undefined) gradient[row + p][column + q] += delta * KERNELS[k][0][p + 1][q + 1];
      }
    }
  }));
  return gradient;
}

function compute({ x, digit }) {
  const { z, a, answer, maps, pooled } = read(x);
  const gradient = digit === "none" ? plane(SIDE, () => 0) : scoreGradient(x, Number(digit));
  return { z: z.map((score) => [score]), a: a.map((share) => [share]), answer, maps, pooled, gradient };
}

const place = (entry) => ["x", Number(entry[2]) - 1, Number(entry[3]) - 1];
const words = (name, i, j) => `pixel in row ${i + 1}, column ${j + 1}`;
const X = symbol("x", "a", "x");
const gradientTitle = (digit) => `<span class="q-grad"><i>∂z</i><sub>${digit}</sub>/<i>∂x</i></span>`;

function matrices(state) {
  const { z, a } = compute(state);
  return [{ title: X, M: state.x }, { title: symbol("z", "z", "z"), M: z }, { title: symbol("a", "a", "a"), M: a }];
}

/** A plane as a picture: five depths of tint, and a stroke through what is negative. */
function picture(M, kind) {
  const depth = (x) => Math.min(5, Math.ceil(8 * squeeze(Math.abs(x))));
  const cells = M.flatMap((row, i) => row.map((x, j) => [x, i, j]));
  const path = (level) => cells.filter(([x]) => depth(x) === level).map(([, i, j]) => `M${j} ${i}h1v1h-1z`).join("");
  const strokes = cells.filter(([x]) => x < 0 && depth(x)).map(([, i, j]) => `M${j + 0.2} ${i + 0.8}l.6-.6`).join("");
  return `<svg class="plane q-${kind}" viewBox="0 0 ${M[0].length} ${M.length}" aria-hidden="true"><g class="tints">${
    [1, 2, 3, 4, 5].map((level) => `<path class="depth-${level}" d="${path(level)}"/>`).join("")}</g><path class="strokes" d="${
    strokes}"/></svg>`;
}

function layers({ maps, pooled }) {
  const filter = (map, k) => `<div class="filter">${picture(KERNELS[k][0], "W")}${picture(map, "a")}${picture(pooled[k], "a")}</div>`;
  const alive = maps.filter((map) => map.some((row) => row.some((x) => x > 0))).length;
  return `<div class="layers" role="img" aria-label="${maps.length} filters: kernel, what relu lets through, and the largest of
      each 2 × 2; ${alive} of them find something"><small>12 kernels, what relu lets through, and the largest of every 2 × 2</small>
    <div class="filters">${maps.map(filter).join("")}</div></div>`;
}

function shares({ z, a, answer }) {
  const row = (d) => `<div class="share${d === answer ? " answer" : ""}"><b>${d}</b>
    <span class="bar"><span style="width:${(100 * a[d][0]).toFixed(1)}%"></span></span>
    <span class="entry bare" data-name="a" data-row="${d}" data-column="0" data-value="${a[d][0]}">${format(a[d][0])}</span>
    <span class="entry bare score" data-name="z" data-row="${d}" data-column="0" data-value="${z[d][0]}">${format(z[d][0])}</span></div>`;
  const said = DIGITS.map((d) => `${d}: ${spoken(a[d][0])}`).join(", ");
  return `<div class="shares" role="img" aria-label="shares of the digits: ${said}"><div class="share head"><span></span><span></span><small>share ${
    symbol("a", "a", "a")}</small><small>score ${symbol("z", "z", "z")}</small></div>${DIGITS.map(row).join("")}</div>`;
}

function body(state) {
  const results = compute(state);
  const { x, digit } = state;
  const grid = matrix({ name: "x", kind: "a", title: X, words: "the drawing", entry: (i, j) => words("x", i, j), M: x, bound: [0, 1] });
  const gradient = digit === "none" ? "" : matrix({
    name: "gradient", kind: "grad", title: gradientTitle(digit), words: `derivative of the score of ${digit} by each pixel`,
    entry: () => "", M: results.gradient, still: true });
  return `<div class="reading"><div class="paper">${grid}<div class="pens"><button type="button" data-clear>clear</button>
      <small>Draw. A stroke that begins on ink takes ink away. Tab goes from pixel to pixel, the space bar inks.</small></div></div>
    <div class="said"><p>It says <b class="verdict" data-number="answer" data-value="${results.answer}">${results.answer}</b></p>${
    shares(results)}</div></div>
    <div class="back">${choice("gradient of the score of", 'data-trait="digit"', ["none", ...DIGITS], digit)}
      <small>${digit === "none" ? "Which pixels speak for a digit, and which against it?"
    : `Ink where it is positive raises the score of ${digit}; where it is hatched, lowers it.`}</small>${gradient}</div>
    ${layers(results)}`;
}

/** How the score of the answer follows the pixel that is asked about. */
function slopeAsked({ x, entry }) {
  const [, i, j] = place(entry);
  const { answer } = read(x);
  return { answer, slope: scoreGradient(x, answer)[i][j], i, j };
}

function asked(state) {
  const { answer, i, j } = slopeAsked(state);
  return `Put a little more ink on the ${words("x", i, j)}. What happens to the score of ${answer}?`;
}

/**
 * Every way from a pixel to the score of a digit, by an entry of the map of a filter k: the weight of the kernel on it, the
 * product of both weights on it, `part`, and whether it is open, past relu and past its neighbours.
 */
function ways(x, digit, i, j) {
  const { filtered, maps } = read(x);
  const entries = KERNELS.flatMap(([kernel], k) => AROUND.flatMap((p) => AROUND.map((q) => (
    { k, row: i - p, column: j - q, weight: kernel[p + 1][q + 1] }))));
  return entries.filter(({ row, column }) => x[row]?.[column] !== undefined).map(({ k, row, column, weight }) => {
    const [m, n] = [Math.floor(row / 2), Math.floor(column / 2)];
    return {
      k,
      weight,
      part: weight * WEIGHTS[digit][(k * POOLED + m) * POOLED + n],
      open: filtered[k][row][column] > 0 && chosen(maps[k], m, n).join() === [row, column].join(),
    };
  });
}

const counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

/** Which ways were overlooked by who answered so, in numbers. */
function slipOf(state, answered) {
  const { answer, slope, i, j } = slopeAsked(state);
  const all = ways(state.x, answer, i, j);
  const open = all.filter((way) => way.open);
  const sum = (list) => total(list, ({ part }) => part);
  const opened = `of ${all.length} ways to the score ${open.length === 1 ? "one is" : `${open.length} are`} open`;
  if (slope === 0) return `You followed some of its ways: ${opened}, but together they have the slope 0.`;
  if (answered === "0") {
    const ink = state.x[i][j];
    return `${ink === 0 ? "You looked at the ink that is there, which is 0. The question is what more of it does" : "You took all its ways for shut"
    }: ${opened}.`;
  }
  const filters = [...KERNELS.keys()].map((k) => sum(open.filter((way) => way.k === k)));
  const [followed, missed] = [Number(answered), -Number(answered)].map((sign) => filters.filter((part) => part * sign > 0));
  const [these, others] = [followed, missed].map((parts) => total(parts, (part) => part));
  const [verb, other] = answered === "1" ? ["raise", "lower"] : ["lower", "raise"];
  if (!followed.length) {
    const kernels = total(open, ({ weight }) => weight);
    const slip = String(Math.sign(kernels)) === answered
      ? `You looked at the kernels alone, whose weights on the open ways add up to ${format(kernels)}. But the last layer has its own:`
      : `You looked for a filter that ${verb}s it, but`;
    return `${slip} ${missed.length === 1 ? `the only one that counts ${other}s it` : `all ${missed.length} that count ${other} it`}.`;
  }
  return `You followed the ${counted(followed.length, "filter")} that ${verb}${followed.length === 1 ? "s" : ""} it, with the slope ${format(these)}. But ${
    counted(missed.length, "other")} ${other}${missed.length === 1 ? "s" : ""} it, with ${format(others)}, and that outweighs.`;
}

function judge(state, answered) {
  const { answer, slope } = slopeAsked(state);
  const verdict = String(Math.sign(slope)) === answered ? "<b>Right.</b>" : `<b>Not quite.</b> ${slipOf(state, answered)}`;
  return `${verdict} The slope there is ${format(slope)}: 0.10 more ink changes the score by about ${format(slope / 10)}. Choose ${
    answer} below to see the slope of every pixel.`;
}

const result = ({ x }) => {
  const { answer, a } = read(x);
  return `it says ${answer}, with a share of ${spoken(a[answer])}`;
};

/** How much ink a pen at (u, v), in pixels from the upper left corner, leaves on a pixel: none at 1.3 from its middle. */
const inked = (x, i, j, u, v) => Math.max(x, Math.round(100 * Math.min(1, Math.max(0, 1.3 - Math.hypot(j + 0.5 - u, i + 0.5 - v)))) / 100);

/** The drawing after a stroke from one place to another; an eraser takes whole pixels. */
function stroke(x, from, to, erases) {
  const count = Math.max(1, Math.ceil(4 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  return Array.from({ length: count + 1 }, (_, k) => from.map((c, axis) => c + (k / count) * (to[axis] - c))).reduce(
    (then, [u, v]) => then.map((row, i) => row.map((ink, j) => {
      if (!erases) return inked(ink, i, j, u, v);
      return Math.floor(u) === j && Math.floor(v) === i ? 0 : ink;
    })), x);
}

/** Let the pixels be drawn on, before their cells take the pointer for a drag of one number. */
function alive(root, { state, act }, signal) {
  const pixel = (target) => target.closest('.entry[data-name="x"]');
  const on = (type, listener) => root.addEventListener(type, listener, { signal, capture: true });
  let pen;
  const at = ({ clientX, clientY }) => {
    const [first, last] = [0, SIDE - 1].map((k) => root.querySelector(`.entry[data-name="x"][data-row="${k}"][data-column="${k}"]`).getBoundingClientRect());
    const [width, height] = [last.right - first.left, last.bottom - first.top];
    return [(SIDE * (clientX - first.left)) / width, (SIDE * (clientY - first.top)) / height];
  };
  const draw = (to) => {
    act(pen.erases ? "ink taken away" : "ink", { x: stroke(state().x, pen.from, to, pen.erases) });
    pen.from = to;
  };
  on("pointerdown", (event) => {
    const cell = pixel(event.target);
    if (!cell || event.button !== 0) return;
    event.stopPropagation();
    event.preventDefault();
    cell.setPointerCapture(event.pointerId);
    pen = { from: at(event), erases: Number(cell.dataset.value) >= 0.5, id: event.pointerId };
    draw(pen.from);
  });
  on("pointermove", (event) => {
    if (pen?.id !== event.pointerId) return;
    event.stopPropagation();
    draw(at(event));
  });
  for (const type of ["pointerup", "pointercancel"]) {
    on(type, (event) => {
      if (pen?.id !== event.pointerId) return;
      event.stopPropagation();
      pen = undefined;
    });
  }
  on("keydown", (event) => {
    const cell = pixel(event.target);
    if (!cell || event.key !== " ") return;
    event.preventDefault();
    const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    const ink = Number(cell.dataset.value) >= 0.5 ? 0 : 1;
    act(`${words("x", row, column)}: ${ink}`, { x: state().x.map((r, i) => r.map((y, j) => (i === row && j === column ? ink : y))) });
  });
  root.addEventListener("click", ({ target }) => {
    if (target.closest("[data-clear]")) act("cleared", { x: plane(SIDE, () => 0) });
  }, { signal });
}

const digits = {
  name: "digits",
  title: "A network that reads digits",
  movable: ["x"],
  bounds: { x: [0, 1] },
  options: { digit: { values: ["none", ...DIGITS.map(String)], words: (digit) => (digit === "none" ? "no gradient" : `gradient of the score of ${digit}`) } },
  view: {},
  pointed: () => ({}),
  place,
  words,
  matrices,
  asked,
  judge,
  body,
  select: (pointed, state, view) => view,
  actions: {},
  example: () => ({ x: EXAMPLES[Math.floor(EXAMPLES.length * Math.random())] }),
  alive,
  result,
};

export const markup = (state) => drawn(digits, state);
export default () => live(digits);
