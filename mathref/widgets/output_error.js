import { activate, activations, primes, slope } from "./dense.js";
import { drawn, live } from "./live.js";
import { choice, factor, format, ledger, matrix, spoken, symbol } from "./parts.js";

// Figure 2, the error of the last layer: δ = (a − y) ⊙ σ'(z), unit by unit, and the cost C = ½‖a − y‖².

const A = { quantity: "a_out", kind: "a", letter: "a" };
const Y = { quantity: "y", kind: "muted", letter: "y" };
const Z = { quantity: "z_out", kind: "z", letter: "z" };
const DELTA = { quantity: "delta_out", kind: "delta", letter: "δ" };
const MOVABLE = { z: "pre-activation z", y: "target y" };
const VIEW = { row: 0 }; // the unit that is pointed at
const REACH = 10; // the curve is drawn from −REACH to REACH, all that z can be
const HEIGHTS = { // the values of σ that it is drawn between
  sigmoid: [-0.3, 1.3], tanh: [-1.4, 1.4], relu: [-2, 10], softplus: [-2, 10], identity: [-10, 10],
};
const HIT = 15; // as far from a point it can be touched: 12 pixels, where the page is 320 wide
const FLAT = 0.1; // a unit is saturated where the slope is less than this part of the slope at 0

/** A quantity of unit i, z₁; of any unit, z; of all units, zᴸ. */
const unit = ({ quantity, kind, letter }, i) => symbol(quantity, kind, letter, { sub: `${i + 1}` });
const bare = ({ quantity, kind, letter }) => symbol(quantity, kind, letter);
const whole = ({ quantity, kind, letter }) => symbol(quantity, kind, letter, { sup: letter === "y" ? "" : "<i>L</i>" });
const miss = (i) => `${unit(A, i)} − ${unit(Y, i)}`;
const prime = (i) => `<i>σ</i>′(${unit(Z, i)})`;

const inWords = (name, i) => `${MOVABLE[name]} row ${i + 1}`;

/** Where the entry called z_2 stands: ["z", 1, 0]. */
function place(entry) {
  const [name, i] = entry.split("_");
  return [name, i - 1, 0];
}

/** Everything that follows from what can be moved. */
function compute({ z, y, activation }) {
  const a = activate(z, activation);
  const error = a.map(([a_i], i) => [a_i - y[i][0]]);
  const prime = slope(z, activation);
  const delta = error.map(([e], i) => [e * prime[i][0]]);
  const C = error.reduce((sum, [e]) => sum + e * e, 0) / 2;
  return { a, error, prime, delta, C };
}

/** The numbers of unit i. */
function numbersOf(state, i) {
  const { a, error, prime, delta } = compute(state);
  return { z: state.z[i][0], y: state.y[i][0], a: a[i][0], e: error[i][0], s: prime[i][0], d: delta[i][0] };
}

/** The quantities as the matrices that `parts.js` draws; `row` is the unit pointed at. */
function matrices(state, { row } = VIEW) {
  const { C, ...numbers } = { ...state, ...compute(state) };
  const difference = `<span>${whole(A)} − ${whole(Y)}</span>`;
  const slopes = `<span><i>σ</i>′(${whole(Z)})</span>`;
  return [
    { name: "z", ...Z, title: whole(Z), words: MOVABLE.z },
    { name: "a", ...A, title: whole(A), words: "activation a" },
    { name: "y", ...Y, title: whole(Y), words: MOVABLE.y },
    { name: "error", quantity: "grad_a_out", kind: "grad", title: difference, words: "a minus y" },
    { name: "prime", quantity: "prime", kind: "z", title: slopes, words: "slope of σ" },
    { name: "delta", ...DELTA, title: whole(DELTA), words: "error δ" },
  ].map((quantity) => ({
    ...quantity,
    entry: (i) => `${quantity.words} row ${i + 1}`,
    M: numbers[quantity.name],
    bound: quantity.name in MOVABLE ? state.bound : undefined,
    mark: (i) => (i === row ? "on" : ""),
  }));
}

/** The terms of C, one for each unit, and below it δ of unit i, factor by factor. */
function sum(state, i) {
  const { error, C } = compute(state);
  const { a, y, e, s, d } = numbersOf(state, i);
  const coloured = (kind, x) => `<span class="q-${kind}">${x}</span>`;
  const squares = error.map(([x]) => `${spoken(x)} squared`).join(" plus ");
  return ledger({
    of: "<i>C</i>",
    terms: error.map(([x], k) => [
      `½(${miss(k)})²`,
      `½·<wbr>${coloured("grad", x < 0 ? factor(x) : format(x))}²`,
      x * x / 2,
      k === i ? "hot" : "",
    ]),
    total: C,
    kind: "text",
    said: `C is half of ${squares}, which is ${spoken(C)}; δ row ${i + 1} is a minus y, ${spoken(e)}, times the slope, `
      + `${spoken(s)}, which is ${spoken(d)}`,
    place: `data-row="${i}" data-number="C" data-value="${C}"`,
    after: `<div class="after"><span class="of">${unit(DELTA, i)}</span> <span>= (${miss(i)}) · ${prime(i)}</span>
    <span>= (${coloured("a", format(a))} − ${factor(y)}) · ${coloured("z", format(s))}</span>
    <span>= ${coloured("grad", format(e))} · ${coloured("z", format(s))}</span>
    <span>= <b class="q-delta" data-value="${d}">${format(d)}</b></span></div>`,
  });
}

/** Whether unit i is shown beside one that is as wrong, at z = 0. */
const compared = ({ activation }, { e }) => e !== 0 && !["relu", "identity"].includes(activation);

/**
 * σ as a curve with a point for each unit; for unit i, how wrong it is, from the point to the target, and how steep σ
 * is there, the tangent.
 */
function curve(state, i) {
  const { z, activation } = state;
  const [sigma, rate] = [activations[activation], primes[activation]];
  const [low, high] = HEIGHTS[activation];
  const across = (x) => 150 + 140 * (x / REACH);
  const up = (value) => 142 - 134 * ((value - low) / (high - low));
  const at = (x, value) => `${across(x).toFixed(1)} ${up(value).toFixed(1)}`;
  const tangent = (x, kind) => { // as long as any other, however steep, but where the picture ends
    const run = 44 / Math.hypot(140 / REACH, 134 * rate(x) / (high - low));
    const [from, to] = [Math.max(x - run, -REACH), Math.min(x + run, REACH)];
    const line = (end) => at(end, sigma(x) + rate(x) * (end - x));
    return `<path class="${kind}" d="M${line(from)}L${line(to)}"/>`;
  };
  const unitOf = numbersOf(state, i);
  const target = Math.min(high, Math.max(low, unitOf.y));
  const off = Math.sign(unitOf.y - target); // where the target is above or below all that is drawn: an arrow
  const mark = off ? `m-4 ${5 * off}l4 ${-5 * off}l4 ${5 * off}` : "m-6 0h12";
  const ghost = compared(state, unitOf)
    ? `${tangent(0, "ghost")}<circle class="ghost" cx="${across(0)}" cy="${up(sigma(0)).toFixed(1)}" r="4"/>` : "";
  const steps = Array.from({ length: 101 }, (_, k) => REACH * (k / 50 - 1));
  const circle = (look, r) => ([x], k) => (
    `<circle ${look(k)} data-name="point" data-row="${k}" data-column="0" cx="${across(x).toFixed(1)}"
    cy="${up(sigma(x)).toFixed(1)}" r="${r(k)}"/>`);
  const hits = z.map(circle(() => 'class="hit"', () => HIT)); // below all points: who points at one means it
  const points = z.map(circle((k) => (k === i ? 'class="on"' : ""), (k) => (k === i ? 5.5 : 4)));
  const one = up(1) < up(0) - 12 ? `<text x="146" y="${(up(1) + 3).toFixed(1)}" text-anchor="end">1</text>` : "";
  return `<svg viewBox="0 0 300 150" aria-hidden="true"><path class="axis" d="M8 ${up(0).toFixed(1)}H292M150 4V146"/>
    <text x="10" y="${(up(0) + 13).toFixed(1)}">−${REACH}</text><text x="290" y="${(up(0) + 13).toFixed(1)}" text-anchor="end">${REACH}</text>
    ${one}<path class="curve" d="M${steps.map((x) => at(x, sigma(x))).join("L")}"/>${ghost}
    <path class="gap" d="M${at(unitOf.z, unitOf.a)}L${at(unitOf.z, target)}${mark}"/>${tangent(unitOf.z, "tangent")}
    ${hits.join("")}${points.join("")}</svg>`;
}

/** A count for the eye: two digits, and commas. */
const roughly = (x) => String(Number(x.toPrecision(2))).replace(/\B(?=(\d{3})+$)/g, ",");

/** What the slope does to unit i, in numbers of this state. */
function lesson(state, i) {
  const { activation } = state;
  const { z, e, s, d } = numbersOf(state, i);
  const number = (name, kind, x, shown = format(x)) => (
    `<b class="q-${kind}" data-number="${name}" data-value="${x}">${shown}</b>`);
  const [wrong, steep, delta] = [number("miss", "grad", e), number("slope", "z", s), number("product", "delta", d)];
  const where = `${unit(Z, i)} = ${format(z)}`;
  const unitName = `<b>Unit ${i + 1}`;
  if (e === 0) return `${unitName} is on target.</b> ${miss(i)} is ${wrong}: whatever the slope, ${unit(DELTA, i)} is ${delta}.`;
  if (activation === "identity") {
    return `${unitName} has no bend.</b> The slope is ${steep} everywhere, so ${unit(DELTA, i)} is ${miss(i)} itself, ${delta}.
      With identity no unit saturates.`;
  }
  if (activation === "relu" && z === 0) {
    return `${unitName} is at the corner.</b> relu has no slope at 0. Here it is taken to be ${steep}: ${miss(i)} is ${wrong},
      yet ${unit(DELTA, i)} is ${delta}.`;
  }
  if (activation === "relu" && z < 0) {
    return `${unitName} is dead.</b> ${miss(i)} is ${wrong}, but at ${where} relu is flat: the slope is ${steep}, and
      ${unit(DELTA, i)} is exactly ${delta}. So are the gradients of its weights and its bias. A unit that is as wrong but
      at a positive ${bare(Z)} has ${bare(DELTA)} = ${number("elsewhere", "delta", e)}.`;
  }
  if (activation === "relu") {
    return `${unitName} is awake.</b> At ${where} the slope of relu is ${steep}, so ${unit(DELTA, i)} is ${miss(i)} itself,
      ${delta}. Left of 0 it would be exactly 0, however wrong.`;
  }
  const centre = primes[activation](0);
  const there = `at ${bare(Z)} = 0, where the slope is ${number("centre", "z", centre)}, has ${bare(DELTA)} = ${
    number("elsewhere", "delta", e * centre)}`;
  if (s < FLAT * centre) {
    return `${unitName} is saturated.</b> ${miss(i)} is ${wrong}, but the slope at ${where} is ${steep}, so ${unit(DELTA, i)}
      is ${delta}. A unit that is as wrong but ${there}: ${number("times", "text", centre / s, roughly(centre / s))} times as much.
      Every gradient of this unit has ${unit(DELTA, i)} as a factor, so it hardly learns.`;
  }
  return `${unitName} learns.</b> ${miss(i)} is ${wrong} and the slope at ${where} is ${steep}, so ${unit(DELTA, i)} is
    ${delta}. A unit that is as wrong but ${there}.`;
}

/** What the figure asks about: the entry that moves. */
function subject({ entry }) {
  const [name, i] = place(entry);
  return { name, i, moved: unit({ z: Z, y: Y }[name], i) };
}

function asked(state) {
  return `If ${subject(state).moved} grows a little and nothing else moves, what happens to <i>C</i>?`;
}

/** The reply to a choice, which names the slip. */
function judge(state, choice) {
  const { name, i, moved } = subject(state);
  const { z, e, s, d } = numbersOf(state, i);
  const corner = name === "z" && state.activation === "relu" && z === 0;
  const flat = name === "z" && s === 0 && !corner;
  const sign = name === "z" ? Math.sign(e) : -Math.sign(e);
  const right = flat ? 0 : sign || 1; // from the bottom every way leads up
  const term = `<span class="product">½(${miss(i)})²</span>`;
  const product = `${unit(DELTA, i)} = (${miss(i)}) · ${prime(i)} = ${factor(e)} · ${format(s)} = ${format(d)}`;
  const because = () => {
    if (flat) return `${state.activation} is flat there: ${product}. ${unit(A, i)} stays, and with it <i>C</i>.`;
    if (e === 0) return `${unit(A, i)} is ${unit(Y, i)}, so its term of <i>C</i>, ${term}, is 0. Any step away makes it larger.`;
    if (corner) {
      return `relu has no slope at 0, and δ takes 0 for it. To the right the slope is 1: <i>C</i> changes by about
        ${miss(i)} = ${format(e)} times the step.`;
    }
    if (name === "z") return `${product}, and <i>C</i> changes by about that times the step.`;
    return `${moved} stands in ${term} alone, with a minus: <i>C</i> changes by about −(${miss(i)}) = ${format(-e)} times the step.`;
  };
  const slip = () => {
    if (flat && e === 0) return `Neither ${miss(i)} nor ${prime(i)} is anything but 0.`;
    if (flat && Number(choice) !== Math.sign(e)) return `You took the sign of target minus answer, and without ${prime(i)}, which is 0.`;
    if (flat) return `You looked at ${miss(i)} = ${format(e)} alone; ${prime(i)} is 0.`;
    if (e === 0) return `The slope of <i>C</i> is 0 here, but only here: this is the bottom.`;
    if (choice === "0" && name === "y") return `${moved} does not go through <i>σ</i>: no slope can hold it back.`;
    if (choice === "0" && corner) return "You took the slope that code takes. The function itself is not flat to the right.";
    if (choice === "0") return `The slope ${prime(i)} is ${s < FLAT ? "small, but " : ""}not 0.`;
    if (name === "y") return `You looked at ${miss(i)}, but there ${moved} has a minus.`;
    return `You took the sign of target minus answer. ${unit(A, i)} is too ${e > 0 ? "large" : "small"}, and ${moved} takes it ${
      e > 0 ? "further away" : "closer"}.`;
  };
  const verdict = String(right) === choice ? "<b>Right.</b>" : `<b>Not quite.</b> ${slip()}`;
  return `${verdict} ${because()} Move it and see.`;
}

function body(state, view) {
  const [z, a, y, error, prime, delta] = matrices(state, view).map(matrix);
  const operator = (sign) => `<span class="operator">${sign}</span>`;
  return `<div class="seen">
      <div class="plot">${choice("<i>σ</i>", 'data-trait="activation"', Object.keys(activations), state.activation)}
        ${curve(state, view.row)}</div>
      <p class="lesson" role="note">${lesson(state, view.row)}</p>
    </div>
    <div class="columns">
      <div>${z}${operator("→")}${a}${operator("−")}${y}</div>
      <div>${error}${operator("⊙")}${prime}${operator("=")}${delta}</div>
    </div>
    <div class="result">${sum(state, view.row)}</div>`;
}

function result(state, { row }) {
  const { d } = numbersOf(state, row);
  return `error δ row ${row + 1}: ${spoken(d)}; C: ${spoken(compute(state).C)}`;
}

const outputError = {
  name: "output_error",
  title: "The output error",
  movable: Object.keys(MOVABLE),
  options: { activation: { values: Object.keys(activations), words: (name) => `σ is ${name}` } },
  view: VIEW,
  pointed: ({ z }) => ({ row: [...z.keys()] }),
  place,
  words: inWords,
  matrices: (state) => [...matrices(state), { title: "<i>C</i>", M: [[compute(state).C]] }],
  asked,
  judge,
  body,
  select: ({ i }) => ({ row: i }),
  actions: {},
  result,
};

export const markup = (state) => drawn(outputError, state);
export default () => live(outputError);
