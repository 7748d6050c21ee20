import { contour, straightened } from "./contour.js";
import { drawn, live } from "./live.js";
import { choice, factor, format, matrix, spoken, stepper, symbol } from "./parts.js";
import { plane } from "./plane.js";
import { at, chosenOf, cost, curvature, descend, PAIRS, start } from "./sgd.js";

// Figure 4, descent: the cost over two chosen parameters of a network of two layers, a² = W² σ(W¹ x + b¹), and the path of
// p ← p − η ∂C/∂p over it, while the others stay.

const REACH = 3; // the plot shows both from −REACH to REACH
const [GRID, SIDE] = [48, 480]; // the surface is known at the points of a grid; the picture has SIDE units
const LINES = 6;
const VIEW = { step: 1 }; // the update that is written out
const QUANTITIES = {
  W1: { kind: "W", quantity: "W", letter: "w", sup: "1", words: "weight of layer 1" },
  b1: { kind: "b", quantity: "b", letter: "b", sup: "1", words: "bias of layer 1" },
  W2: { kind: "W", quantity: "W", letter: "w", sup: "2", words: "weight of layer 2" },
  learning_rate: { kind: "muted", letter: "η", words: "learning rate" },
  x: { kind: "a", letter: "x", words: "input" },
  y: { kind: "muted", letter: "y", words: "target" },
};
const MOVABLE = Object.keys(QUANTITIES);
const MOST = [-REACH, REACH];
const BOUNDS = { learning_rate: [0, 2], W1: MOST, b1: MOST, W2: MOST };
const OPTIONS = {
  chosen: { values: PAIRS, words: (pair) => `${chosenOf({ chosen: pair }).map(called).join(" and ")} move` },
  size: { values: [1, 2, 3, 6], words: (size) => `minibatches of ${size}` },
  updates: { values: [6, 12, 18, 24, 30], words: (updates) => `${updates} updates` },
  activation: { values: ["identity", "tanh"], words: (name) => `σ is ${name}` },
};
const ETA = '<i class="q-muted">η</i>';

/** A quantity as it is printed. */
function printed(name, letter, sub = "") {
  const { kind, quantity = name, sup } = QUANTITIES[name];
  return symbol(quantity, kind, letter, { sup, sub });
}
const whole = (name) => printed(name, QUANTITIES[name].letter.replace("w", "W"));

/** An entry as it is printed, and in words. */
function entry(name, i, j) {
  return printed(name, QUANTITIES[name].letter, name === "learning_rate" ? "" : `${i + 1}${name === "b1" ? "" : j + 1}`);
}
function inWords(name, i, j) {
  const { words } = QUANTITIES[name];
  if (name === "learning_rate") return words;
  if (name === "x" || name === "y") return `${words} row ${i + 1}, sample ${j + 1}`;
  return name === "W1" ? `${words}, column ${j + 1}` : words;
}

/** Where the entry called w1_12 or eta_1 stands: ["W1", 0, 1]. */
function place(called) {
  const [letters, [i, j = "1"]] = called.split("_");
  return [letters === "eta" ? "learning_rate" : letters.replace("w", "W"), i - 1, j - 1];
}

/** The two that are chosen: as markup, in words, and as plain text, w¹₁₂. */
const two = (state) => chosenOf(state).map((parameter) => entry(...place(parameter)));
const called = (parameter) => inWords(...place(parameter));
const plain = (parameter) => parameter.replace(/(\d)_(\d+)/, (_, layer, indices) => (
  " ¹²"[layer] + [...indices].map((index) => "₀₁₂"[index]).join("")));

/** A large number for the eye. */
const times = (x) => (x < 1000 ? format(x) : x.toExponential(0).replace("e+", "e"));

const stepOf = ({ grads }, { step }) => Math.min(step, grads.length);
const isOut = (p) => p.some((p_k) => Math.abs(p_k) > REACH);

/** What can be moved, as the matrices that `parts.js` draws; marked are the two that move by themselves, and the samples of
 *  the update that is shown. */
function cells(state, batch) {
  const moving = chosenOf(state).map((parameter) => place(parameter).join());
  const taken = (name, j) => "xy".includes(name) && batch.includes(j);
  return MOVABLE.map((name) => ({
    name,
    ...QUANTITIES[name],
    title: whole(name),
    entry: (i, j) => inWords(name, i, j) + (taken(name, j) ? ", in the minibatch" : ""),
    M: state[name],
    bound: BOUNDS[name] ?? state.bound,
    mark: (i, j) => (taken(name, j) || moving.includes([name, i, j].join()) ? "on" : ""),
  }));
}

/** The quantities of the table: what can be moved, and where it leads to. */
function matrices(state) {
  const { path, costs } = descend(state);
  const last = path.length - 1;
  return [
    ...cells(state, []),
    { title: `${two(state).join(", ")} after update ${last}`, M: [path[last]] },
    { title: `<i>C</i> at the start, and then`, M: [[...costs[0], ...costs[last]]] },
  ];
}

/** Where the two stand in the picture. */
const across = (p) => Math.round(SIDE * (p / REACH + 1) / 2);
const point = ([p_1, p_2]) => `${across(p_1)} ${across(-p_2)}`;

/**
 * The surface as lines of one height each, in units of the picture. Towards the bottom the heights are closer, so that the
 * lines of a bowl are evenly far.
 */
function surface(state) {
  const { x, y, activation } = state;
  const there = (k) => REACH * (2 * k / GRID - 1);
  const all = [...Array(GRID + 1).keys()];
  const heights = all.map((i) => all.map((j) => cost(at(state, [there(j), -there(i)]), x, y, activation)));
  const [low, high] = [Math.min(...heights.flat()), Math.max(...heights.flat())];
  const lines = Array.from({ length: LINES - 1 }, (_, k) => {
    const height = low + (high - low) * ((k + 1) / LINES) ** 2;
    const scaled = contour(heights, height).map((line) => line.map((point) => point.map((n) => SIDE * n / GRID)));
    return { height, lines: scaled.map((line) => straightened(line, 1)) };
  });
  return { low, high, lines };
}

/** A line as the short text of an SVG path: each point after the first by its distance from the one before. */
function drawnLine(points) {
  const whole = points.map((point) => point.map(Math.round));
  const moves = whole.slice(1).map(([x, y], k) => `${x - whole[k][0]} ${y - whole[k][1]}`);
  return `M${whole[0].join(" ")}l${moves.join(" ")}`.replaceAll(" -", "-");
}

/** The height of a line, where it comes nearest to the upper right corner. */
function label({ height, lines }) {
  const inside = lines.flat().filter(([x, y]) => x > 40 && x < SIDE - 40 && y > 60 && y < SIDE - 20);
  if (inside.length === 0) return "<text></text>";
  const [x, y] = inside.reduce((one, other) => (other[0] - other[1] > one[0] - one[1] ? other : one)).map(Math.round);
  return `<text x="${x}" y="${y}">${Number(height.toPrecision(2))}</text>`;
}

/** The part of the way from one place to another that lies in the picture: its ends, as text; nothing if there is none. */
function inside(from, to) {
  let [first, last] = [0, 1];
  for (const k of [0, 1]) {
    for (const side of [-1, 1]) {
      const [slope, room] = [side * (to[k] - from[k]), REACH - side * from[k]];
      if (slope > 0) last = Math.min(last, room / slope);
      else if (slope < 0) first = Math.max(first, room / slope);
      else if (room < 0) return [];
    }
  }
  const along = (part) => point(from.map((p, k) => p + part * (to[k] - p)));
  return first <= last ? [along(first), along(last)] : [];
}

/** The path over the surface; what lies outside of the picture is left away. */
function map(state, run, k) {
  const { low, high, lines } = surface(state);
  const { path } = run;
  const parts = path.slice(1).map((to, n) => inside(path[n], to));
  const way = parts.map(([from, to], n) => from && `${from === parts[n - 1]?.[1] ? "" : `M${from}`}L${to}`).join("");
  const stop = (p) => (isOut(p) ? "" : `M${point(p)}h0`);
  const [left, up] = path[0];
  const [first, second] = chosenOf(state);
  const said = `The cost over ${called(first)} across and ${called(second)} upwards, each from minus ${REACH} to ${REACH}, while all `
    + `others stay: from ${spoken(low)} to ${spoken(high)}. The path starts at ${path[0].map(spoken).join(", ")} and ends at ${
      path.at(-1).map(spoken).join(", ")}.`;
  const name = (parameter) => `<tspan class="letter">${parameter[0]}</tspan>${plain(parameter).slice(1)}`;
  return `<div class="plane"><svg viewBox="0 0 480 480" role="img" aria-label="${said}">
      ${lines.map(({ lines: found }) => `<path class="height" d="${found.map(drawnLine).join("")}"/>`).join("")}
      <g class="heights">${lines.filter((_, n) => n % 2 === 0).map(label).join("")}</g>
      <path class="axis" d="M240 0V480M0 240H480"/>
      <path class="way" d="${way}"/>
      <path class="stops" d="${path.map(stop).join("")}"/>
      <path class="now" d="${parts[k - 1].map((end, n) => "ML"[n] + end).join("")}"/><path class="stops last" d="${stop(path[k])}"/>
      <text x="470" y="262" class="end">${name(first)} = ${REACH}</text>
      <text x="250" y="24">${name(second)} = ${REACH}</text></svg>
    <button type="button" class="handle" style="left:${(50 + 50 * left / REACH).toFixed(2)}%;top:${
  (50 - 50 * up / REACH).toFixed(2)}%" aria-label="start, ${called(first)} ${spoken(left)}, ${
  called(second)} ${spoken(up)}; the arrow keys move it"></button></div>`;
}

/** C against the update, by powers of ten. */
function curve({ costs, grads }, updates, k) {
  const powers = costs.map(([C]) => Math.log10(Math.max(C, 1e-9)));
  const low = Math.floor(Math.min(...powers));
  const high = Math.max(Math.ceil(Math.max(...powers)), low + 1);
  const every = Math.ceil((high - low) / 4);
  const marks = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, n) => low + n * every);
  const x = (n) => (40 + 192 * n / updates).toFixed(1);
  const y = (power) => (84 - 76 * (power - low) / (high - low)).toFixed(1);
  const label = (power) => (Math.abs(power) > 2 ? `1e${power}`.replace("-", "−") : String(Number(`1e${power}`)));
  const points = powers.map((power, n) => `${x(n)} ${y(power)}`);
  const said = `C of all samples, from ${spoken(costs[0][0])} at the start to ${spoken(costs.at(-1)[0])} after update ${grads.length}`;
  return `<svg class="costs" viewBox="0 0 240 104" role="img" aria-label="${said}">
    <path class="axis" d="${marks.map((power) => `M40 ${y(power)}H232`).join("")}"/>
    ${marks.map((power) => `<text class="end" x="35" y="${(Number(y(power)) + 3.5).toFixed(1)}">${label(power)}</text>`).join("")}
    <text class="letter" x="2" y="12">C</text><text x="40" y="100">0</text><text class="end" x="232" y="100">update ${updates}</text>
    <path class="way" d="M${points.join("L")}"/>
    <path class="now" d="M${points[k - 1]}L${points[k]}"/><path class="stops last" d="M${points[k]}h0"/></svg>`;
}

/** A number of the step: an entry of a result, in the line. */
function number(name, kind, i, j, x, text = format(x)) {
  return `<span class="entry q-${kind}" data-name="${name}" data-row="${i}" data-column="${j}" data-value="${x}">${text}</span>`;
}

const samples = (batch) => {
  const names = batch.map((i) => i + 1);
  if (names.length === 6) return "all six samples";
  return names.length === 1 ? `sample ${names[0]}` : `samples ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
};

/** Update number k, with its numbers. */
function written(state, { path, grads, costs, batches }, k) {
  const { learning_rate: [[eta]] } = state;
  const [before, names] = [k - 1, chosenOf(state)];
  const lines = grads[before].map((g, j) => {
    const { kind } = QUANTITIES[place(names[j])[0]];
    return `<p>${two(state)[j]} ← ${number("path", kind, before, j, path[before][j])} − <span class="q-muted">${format(eta)}</span>·${
      number("grads", "grad", before, j, g, factor(g))} = ${number("path", kind, k, j, path[k][j])}</p>`;
  });
  const said = grads[before].map((g, j) => `${called(names[j])} becomes ${spoken(path[before][j])} minus ${spoken(eta)} times ${
    spoken(g)}, which is ${spoken(path[k][j])}`).join("; ");
  return `<div class="written" role="img" aria-label="Update ${k} on ${samples(batches[before])}: ${said}; C of all samples from ${
    spoken(costs[before][0])} to ${spoken(costs[k][0])}" data-update="${k}">
    <p><i>p</i> ← <i>p</i> − ${ETA} <i class="q-grad">∂C/∂p</i> on ${samples(batches[before])}:</p>${
    lines.join("")}
    <p><i>C</i> of all six: ${number("costs", "muted", before, 0, costs[before][0])} → ${number("costs", "muted", k, 0, costs[k][0])}</p></div>`;
}

/** What a step does along the steepest direction of a bowl: it multiplies the miss by this. */
const missFactor = ([[eta]], steepest) => 1 - eta * steepest;

/** What comes of a step that multiplies a distance by f; `whole` if every step is on all samples. */
function fate(f, whole) {
  const is = (x) => Math.abs(f - x) < 1e-9;
  if (is(1)) return "nothing moves";
  if (is(0)) return "it arrives at once";
  if (is(-1)) return whole ? "it jumps to and fro for ever" : "it overshoots by as much as it missed";
  if (f > 0) return "it comes nearer from one side";
  if (f > -1) return "it overshoots, and comes nearer all the same";
  return whole ? "it overshoots by more each time, and diverges" : "it overshoots by more than it missed, and may diverge";
}

/** Whether the surface is a bowl: where the two are of layer 1 and σ has no bend. */
const isBowl = ({ activation, chosen }) => activation === "identity" && !chosen.includes("w2");

/** How long a step may be, and what came of it, in numbers of this state. */
function note(state, { path, costs }) {
  const { learning_rate, chosen, activation, size } = state;
  const steepest = curvature(state);
  const lambda = `<i>λ</i> = <b data-number="curvature" data-value="${steepest}">${format(steepest)}</b>`;
  const f = missFactor(learning_rate, steepest);
  const border = steepest > 0.2
    ? `The border is <span class="whole">${ETA} = 2/<i>λ</i> = <b>${format(2 / steepest)}</b></span>.`
    : `No ${ETA} up to ${BOUNDS.learning_rate[1]} is beyond the border 2/<i>λ</i>.`;
  const bowl = size === 6 ? "The surface is a bowl, which at its steepest" : "Each minibatch has a bowl of its own; the steepest of them";
  const bent = [
    chosen.includes("w2") ? "the two stand in one product" : "",
    activation === "tanh" ? "where tanh is saturated the surface is flat" : "",
  ].filter(Boolean).join(", and ");
  const how = isBowl(state)
    ? `${bowl} has the curvature ${lambda}. There a step multiplies the distance from the bottom by <span class="whole">1 − ${ETA}<i>λ</i> = <b>${
      format(f)}</b></span>: ${fate(f, size === 6)}. ${border}`
    : `No bowl: ${bent}, and no border holds everywhere. At the start the largest curvature${
      size === 6 ? "" : " of any minibatch"} is ${lambda}.`;
  const last = path.length - 1;
  const stays = path.findLastIndex((w) => !isOut(w)) + 1; // from here on it is outside
  const out = stays <= last ? ` The path leaves the plot at update ${stays}.` : "";
  const ratio = costs[0][0] > 0 ? `, <b>${times(costs[last][0] / costs[0][0])}</b> times what it was` : "";
  const end = last < state.updates ? " There one of the two is beyond a million, and the path ends." : "";
  return `${how}${out} After update ${last} <i>C</i> is <b>${times(costs[last][0])}</b>${ratio}.${end}`;
}

/** What the figure asks about: the entry that is doubled, and C at the end as it is and as it would be. */
function subject(state) {
  const [name, i, j] = place(state.entry);
  const doubled = { ...state, [name]: state[name].map((row, k) => row.map((x, n) => (k === i && n === j ? 2 * x : x))) };
  const ends = [state, doubled].map((one) => {
    const { costs } = descend(one);
    return { cost: costs.at(-1)[0], updates: costs.length - 1 };
  });
  const [now, then] = ends;
  const same = Math.abs(then.cost - now.cost) <= 1e-9 * Math.max(now.cost, then.cost);
  const truth = Math.sign(now.updates - then.updates) || (same ? 0 : Math.sign(then.cost - now.cost)); // beyond a million sooner is higher
  return { name, moved: entry(name, i, j), x: state[name][i][j], doubled, now, then, truth };
}

function asked(state) {
  const { moved } = subject(state);
  return `If ${moved} is doubled and nothing else moves, is <i>C</i> lower or higher after the last update?`;
}

/** The reply to a choice, which names the slip. */
function judge(state, choice) {
  const { name, moved, x, doubled, now, then, truth } = subject(state);
  const bowl = isBowl(state);
  const [f, g] = [state, doubled].map((one) => missFactor(one.learning_rate, curvature(one)));
  const end = ({ cost, updates }) => `${times(cost)}${updates < state.updates ? `, beyond a million after ${updates} updates` : ""}`;
  const facts = `With ${moved} = ${format(x)} it ends at ${end(now)}, with ${moved} = ${format(2 * x)} at ${end(then)}.`;
  const because = bowl && ["x", "W2", "learning_rate"].includes(name)
    ? ` Along the steepest direction 1 − ${ETA}<i>λ</i> is ${format(f)} now, and would be ${format(g)}.`
    : "";
  const slip = () => {
    if (truth === 0) return x === 0 ? "Twice 0 is 0." : "Here it makes no difference.";
    if (choice === "0") return `The whole path depends on ${moved}.`;
    if (name === "learning_rate" && choice === "-1") return "A longer step is not always a longer way down: it can go past the bottom, and up on the other side.";
    if (name === "learning_rate") return `A longer step is no worse as long as it overshoots by less than it missed${bowl ? ", which holds up to the border 2/<i>λ</i>" : ""}.`;
    if (two(state).includes(moved)) return "It depends on where the bottom lies: a start farther from 0 can be nearer to it.";
    if (name in at(state, start(state))) return `${moved} stays where it is, but the surface over the two depends on it.`;
    return `${moved} bends the surface itself, and moves its bottom.`;
  };
  const verdict = String(truth) === choice ? "<b>Right.</b>" : `<b>Not quite.</b> ${slip()}`;
  return `${verdict} ${facts}${because} Move it and see.`;
}

function body(state, view) {
  const run = descend(state);
  const k = stepOf(run, view);
  const [W1, b1, W2, eta, x, y] = cells(state, run.batches[k - 1]).map(matrix);
  const choose = (trait, label) => choice(label, `data-trait="${trait}"`, OPTIONS[trait].values, state[trait]);
  const pairs = PAIRS.map((pair) => `<option value="${pair}"${pair === state.chosen ? " selected" : ""}>${pair.split(" and ").map(plain).join(" and ")}</option>`);
  const [W, b, V, X] = ["W1", "b1", "W2", "x"].map(whole);
  return `<div class="stage">
      <p class="model"><span><i>a</i>² = ${V} <i>σ</i>(${W} ${X} + ${b})</span>${choose("activation", "<i>σ</i>")}
        <label class="choice">moving <select data-trait="chosen">${pairs.join("")}</select></label> <small>the others stay</small></p>
      <div class="moved">${W1}${b1}${W2}${eta}<div class="choices">${choose("size", "minibatch")}${
  choose("updates", "updates")}</div></div>
      ${map(state, run, k)}
      <div class="beside">${curve(run, state.updates, k)}<div class="data">${x}${y}</div></div>
      <p class="note" role="note">${note(state, run)}</p>
      <div class="result">${stepper({ at: k, count: run.grads.length, playing: view.playing })}${written(state, run, k)}</div>
    </div>`;
}

function result(state, view) {
  const run = descend(state);
  const k = stepOf(run, view);
  const last = run.grads.length;
  return `update ${k} on ${samples(run.batches[k - 1])}: C from ${spoken(run.costs[k - 1][0])} to ${spoken(run.costs[k][0])}; `
    + `after update ${last}: ${spoken(run.costs[last][0])}`;
}

const descent = {
  name: "descent",
  title: "Descent",
  movable: MOVABLE,
  bounds: BOUNDS,
  options: OPTIONS,
  view: VIEW,
  pointed: (state) => ({ step: descend(state).grads.map((_, n) => n + 1) }),
  place,
  words: inWords,
  matrices,
  asked,
  answers: [["-1", "lower"], ["1", "higher"], ["0", "the same"]],
  judge,
  body,
  select: (_, state, view) => view,
  actions: {},
  steps: {
    count: (state) => descend(state).grads.length,
    at: (state, view) => stepOf(descend(state), view),
    to: (state, view, k) => ({ ...view, step: k }),
  },
  result,
  alive(root, { state, act }, signal) {
    plane(root, REACH, () => start(state()), (p) => act(`start: ${p.map(spoken).join(", ")}`, at(state(), p)), signal);
  },
};

export const markup = (state) => drawn(descent, state);
export default () => live(descent);
