import { activations } from "./dense.js";
import { bestExponent, cost, derivatives, estimates, quotients, relativeError, slopes, SMALLEST } from "./gradcheck.js";
import { drawn, live } from "./live.js";
import { choice, factor, format, matrix, spoken, symbol } from "./parts.js";

// Figure 8, gradient check: the slope ∂C/∂w of one neuron by three quotients, for every step h from 10⁻¹ to 10⁻¹⁵, beside
// what backpropagation says.

const [LEAST, GREATEST] = [-15, -1]; // exponents of h
const NUMBERS = {
  w: { title: symbol("W", "W", "w"), quantity: "W", kind: "W", words: "weight w" },
  x: { title: symbol("x", "a", "x"), quantity: "x", kind: "a", words: "input x" },
  b: { title: symbol("b", "b", "b"), quantity: "b", kind: "b", words: "bias b" },
  y: { title: symbol("y", "muted", "y"), quantity: "y", kind: "muted", words: "target y" },
  exponent: { title: "<span>log₁₀ <i>h</i></span>", quantity: "exponent", kind: "muted", words: "exponent of the step h" },
};
const SLOPE = symbol("dW", "grad", "∂C/∂w");
const QUOTIENTS = {
  forward: { words: "forward difference", formula: "(<i>C</i>(<i>w</i>+<i>h</i>) − <i>C</i>(<i>w</i>)) / <i>h</i>" },
  central: { words: "central difference", formula: "(<i>C</i>(<i>w</i>+<i>h</i>) − <i>C</i>(<i>w</i>−<i>h</i>)) / 2<i>h</i>" },
  complex: { words: "complex step", formula: "Im <i>C</i>(<i>w</i>+i<i>h</i>) / <i>h</i>" },
};
const BOX = { left: 74, right: 626, top: 26, bottom: 352 }; // where the plot lies in its picture
const [FLOOR, CEILING] = [-16.5, 0.5]; // it shows relative errors from 10^FLOOR to 10^CEILING

/** Where the entry called exponent_1 stands. */
const place = (entry) => [entry.slice(0, -2), 0, 0];

const power = (exponent, digits = 2) => `10<sup>${Number(exponent.toFixed(digits)).toString().replace("-", "−")}</sup>`;

/** The numbers of the state without their brackets. */
const neuron = ({ w, x, b, y, activation }) => ({ w: w[0][0], x: x[0][0], b: b[0][0], y: y[0][0], activation });

/** Everything that follows from what can be moved. */
function compute(state) {
  const [unit, h] = [neuron(state), 10 ** state.exponent[0][0]];
  const [gradient] = derivatives(unit);
  const found = quotients(unit, h);
  return {
    h,
    cost: cost(unit, unit.w),
    gradient,
    ...found,
    ...Object.fromEntries(Object.keys(found).map((name) => [`${name}_error`, relativeError(found[name], gradient)])),
    ...estimates(unit, h),
    best: bestExponent(unit, [LEAST, GREATEST]),
  };
}

/** The numbers that can be moved, as `parts.js` draws them. */
function movables(state) {
  return Object.entries(NUMBERS).map(([name, { title, quantity, kind, words }]) => ({
    name, quantity, kind, title, words, entry: () => words, M: state[name],
    bound: name === "exponent" ? [LEAST, GREATEST] : state.bound,
  }));
}

function matrices(state) {
  const results = compute(state);
  const errors = Object.entries(QUOTIENTS).map(([name, { words }]) => (
    { title: `relative error, ${words}`, M: [[results[`${name}_error`]]] }));
  return [...movables(state), { title: SLOPE, M: [[results.gradient]] }, ...errors];
}

const leading = (x) => (x === 0 ? 0 : Math.floor(Math.log10(Math.abs(x)))); // the place of its first digit, 10^leading

/** How many digits of x are right: how many of the digits of `exact` differ from x by half a unit of the last, or less. */
function rightDigits(x, exact) {
  const off = Math.log10(2 * Math.abs(x - exact));
  return Math.min(16, Math.max(0, Math.floor(leading(exact) + 1 - off)));
}

/** x with sixteen digits, cut behind those that are right. */
function digits(x, exact) {
  if (x === 0 && exact !== 0) return ["", "0"]; // a zero has no first digit
  const [n, k] = [rightDigits(x, exact), leading(exact)];
  const fixed = k >= -4 && k <= 4;
  const text = (fixed ? x.toFixed(15 - k) : x.toExponential(15)).replaceAll("-", "−").replace("e+", "e");
  const last = k + 1 - n - (fixed ? 0 : leading(x)); // the place of the last right digit
  const cut = text.indexOf(".") + (last < 0 ? 1 - last : -last);
  return n === 16 ? [text, ""] : [text.slice(0, Math.max(cut, 0)), text.slice(Math.max(cut, 0))];
}

/** The path of errors over all steps; those out of sight are left out or lie at the edge. */
function path(errors, outside = "at the edge") {
  const points = errors.map(([exponent, error]) => [exponent, Math.log10(error)])
    .filter(([, y]) => outside === "at the edge" || (y >= FLOOR && y <= CEILING))
    .map(([exponent, y]) => `${across(exponent).toFixed(1)} ${up(y).toFixed(1)}`);
  return points.length ? `M${points.join("L")}` : "";
}
const across = (exponent) => (
  BOX.left + ((BOX.right - BOX.left) * (exponent - LEAST)) / (GREATEST - LEAST));
const up = (y) => (
  BOX.bottom - ((BOX.bottom - BOX.top) * (Math.min(CEILING, Math.max(FLOOR, y)) - FLOOR)) / (CEILING - FLOOR));

/** The relative errors of every quotient and of both estimates: {name: [[exponent, error], …]}. */
function errors(state) {
  const unit = neuron(state);
  const [gradient] = derivatives(unit);
  const steps = Array.from({ length: 4 * (GREATEST - LEAST) + 1 }, (_, k) => LEAST + k / 4);
  const over = (measure) => steps.map((exponent) => [exponent, measure(10 ** exponent)]);
  const part = (name) => (h) => estimates(unit, h)[name] / Math.max(Math.abs(gradient), SMALLEST);
  return {
    ...Object.fromEntries(Object.keys(QUOTIENTS).map((name) => (
      [name, over((h) => relativeError(quotients(unit, h)[name], gradient))]))),
    truncation: over(part("truncation")),
    rounding: over(part("rounding")),
  };
}

/** The line of an estimate, with its name at the first or the last of its points in sight. */
function estimate(name, curves, end, anchor, right, down) {
  const seen = curves[name].map(([exponent, error]) => [exponent, Math.log10(error)])
    .filter(([, y]) => y >= FLOOR + 0.5 && y <= CEILING);
  const [exponent, y] = seen.at(end === "last" ? -1 : 0) ?? [];
  const label = y === undefined ? "" : `<text style="text-anchor:${anchor}" x="${(across(exponent) + right).toFixed(1)}" y="${
    (up(y) + down).toFixed(1)}">${name}</text>`;
  return `<path class="estimate ${name}" data-quantity="${name}" d="${path(curves[name], "left out")}"/>${label}`;
}

function plot(state) {
  const [curves, results] = [errors(state), compute(state)];
  const ticks = (values, at) => values.map((value) => at(value, `10<tspan dy="-.5em" class="small">${
    String(value).replace("-", "−")}</tspan>`)).join("");
  const upright = (exponent) => `M${across(exponent).toFixed(1)} ${BOX.top}V${BOX.bottom}`;
  const now = state.exponent[0][0];
  const curve = (name) => `<path class="curve ${name}" data-quantity="${name}" d="${path(curves[name])}"/>`;
  const points = ["complex", "forward", "central"].map((name) => (
    `<circle class="${name}" data-quantity="${name}" cx="${across(now).toFixed(1)}" cy="${
      up(Math.log10(results[`${name}_error`])).toFixed(1)}" r="${name === "complex" ? 8 : 5}"/>`));
  return `<svg viewBox="0 0 640 386" role="img" aria-label="relative error of the three quotients against the step h, both
      axes logarithmic; the best step of the central difference is 10 to the ${spoken(results.best)}">
    ${ticks([0, -4, -8, -12, -16], (y, text) => `<path class="grid" d="M${BOX.left} ${up(y).toFixed(1)}H${BOX.right}"/>
      <text class="beside" x="${BOX.left - 8}" y="${(up(y) + 5).toFixed(1)}">${text}</text>`)}
    ${ticks([-15, -12, -9, -6, -3], (x, text) => (
    `<text x="${across(x).toFixed(1)}" y="${BOX.bottom + 26}">${text}</text>`))}
    <text x="${across(-1).toFixed(1)}" y="${BOX.bottom + 26}"><tspan class="letter">h</tspan></text>
    <path class="axis" d="M${BOX.left} ${BOX.top}V${BOX.bottom}H${BOX.right}"/>
    <path class="best" d="${upright(results.best)}"/>
    <text x="${across(results.best).toFixed(1)}" y="${BOX.top - 7}">best <tspan class="letter">h</tspan></text>
    <path class="now" d="${upright(now)}"/>
    ${["complex", "forward", "central"].map(curve).join("")}
    ${estimate("truncation", curves, "first", "start", 26, 0)}${estimate("rounding", curves, "last", "end", -16, 4)}
    ${points.join("")}</svg>`;
}

const key = (name) => (
  `<svg class="key" viewBox="0 0 34 12" aria-hidden="true"><path class="${
    name in QUOTIENTS ? "curve" : "estimate"} ${name}" d="M2 6H32"/></svg>`);

/** The slope and the three quotients with all their digits. */
function written(state) {
  const results = compute(state);
  const line = (name, first, words, formula, last, said) => {
    const [right, wrong] = digits(results[name], results.gradient);
    return `<div class="quotient ${name}" data-quantity="${name === "gradient" ? "dW" : name}" role="img" aria-label="${said}">
      ${first}<span class="what">${words} <small>${formula}</small></span>
      <span class="digits" data-number="${name}" data-value="${results[name]}">${right}<u>${wrong}</u></span>
      <span class="error">${last}</span></div>`;
  };
  const quotient = ([name, { words, formula }]) => {
    const error = results[`${name}_error`];
    return line(name, key(name), words, formula,
      `<small>error</small> <b data-number="${name}_error" data-value="${error}">${format(error)}</b>`,
      `${words}: ${spoken(results[name])}, relative error ${spoken(error)}, digits that are right: ${
        rightDigits(results[name], results.gradient)}`);
  };
  return line("gradient", "<span></span>", `${SLOPE} by backpropagation`, "<i>δ</i> <i>x</i>", "",
    `the slope by backpropagation: ${spoken(results.gradient)}`)
    + Object.entries(QUOTIENTS).map(quotient).join("");
}

/** Which of the two errors outweighs: 1 if a smaller step makes the sum of both larger, −1 if it makes it smaller. */
function trend({ truncation, rounding }) {
  return Math.sign(truncation / 100 + 10 * rounding - (truncation + rounding));
}

/** The two estimates in numbers, and what they say of this step. */
function note(state) {
  const results = compute(state);
  const { truncation, rounding, best } = results;
  const number = (name, text = format(results[name])) => (
    `<b data-number="${name}" data-value="${results[name]}">${text}</b>`);
  const why = () => {
    if (truncation === 0 && rounding === 0) return "Here neither is anything: both are 0.";
    if (state.exponent[0][0] === best) return "No other step does better.";
    if (truncation === 0) return "<i>C</i>‴ is 0: nothing is cut off, and the largest step is the best.";
    const far = Math.abs(Math.log10((2 * truncation) / rounding)); // 0 at the best step, and 3 for ten times as much
    if (far < 1.5) return "The two are about as large as each other: this step is close to the best.";
    return truncation > rounding
      ? "Truncation outweighs: a smaller step would do better." : "Rounding outweighs: a larger step would do better.";
  };
  return `<i>C</i> is ${number("cost", results.cost < 1000 ? results.cost.toPrecision(3).replace("-", "−") : format(results.cost))}. At <i>h</i> = ${number("h")} the central
    difference should be off by <span data-quantity="truncation">${key("truncation")} <i>h</i>²|<i>C</i>‴|/6 =
    ${number("truncation")}</span> for truncation and <span data-quantity="rounding">${key("rounding")}
    <i>ε</i>|<i>C</i>|/<i>h</i> = ${number("rounding")}</span> for rounding; the plot divides both by ${
    Math.abs(results.gradient) < SMALLEST ? "10<sup>−8</sup>, which is more than" : ""} |${SLOPE}|. ${why()}
    Best: <i>h</i> = ${number("best", power(best))}.`;
}

/** What is not broken into lines. */
const whole = (text) => `<span class="whole">${text}</span>`;

/**
 * ∂C by the number that is asked about, factor by factor: the miss a − y, and then what stands between it and the number, σ'(z)
 * and the partner of the number in z. The target has neither, but a minus.
 */
function slopeOf(name, state) {
  const unit = neuron(state);
  const z = unit.w * unit.x + unit.b;
  const miss = { title: `<i>a</i> − ${NUMBERS.y.title}`, x: activations[unit.activation](z) - unit.y };
  const steepness = { title: "<i>σ</i>′(<i>z</i>)", x: slopes[unit.activation](z)[0] };
  const partner = { w: "x", x: "w" }[name];
  const factors = name === "y" ? [] : [steepness, ...(partner ? [{ title: NUMBERS[partner].title, x: unit[partner] }] : [])];
  return { miss, factors, value: factors.reduce((product, { x }) => product * x, name === "y" ? -miss.x : miss.x) };
}

function asked({ entry }) {
  const [name] = place(entry);
  return name === "exponent"
    ? "Make <i>h</i> ten times smaller. What happens to the error of the central difference?"
    : `If ${NUMBERS[name].title} grows a little and nothing else moves, what happens to <i>C</i>?`;
}

function judge(state, choice) {
  const [name] = place(state.entry);
  return name === "exponent" ? judgeStep(state, choice) : judgeSlope(name, state, choice);
}

/** The reply about one of the numbers: it names the factor that was left out, or whose sign was turned. */
function judgeSlope(name, state, choice) {
  const { miss, factors, value } = slopeOf(name, state);
  const shut = factors.find(({ x }) => x === 0);
  const right = miss.x === 0 && !shut ? 1 : Math.sign(value); // from the bottom every way leads up
  const title = NUMBERS[name].title;
  const is = ({ title: factorTitle, x }) => whole(`${factorTitle} = ${format(x)}`);
  const turned = is({ title: `${NUMBERS.y.title} − <i>a</i>`, x: -miss.x });
  const slip = () => {
    if (shut && miss.x === 0) return `Nothing is missing, and ${is(shut)} lets nothing through either.`;
    if (shut) return `You took the sign of ${String(Math.sign(miss.x)) === choice ? is(miss) : turned} alone, but ${is(shut)} lets nothing through.`;
    if (miss.x === 0 && choice === "0") return "The slope of <i>C</i> is 0 here, but only here: this is the bottom.";
    if (miss.x === 0) return "<i>C</i> is 0 here, and no square is less.";
    if (choice === "0" && name === "y") return `${title} does not go through <i>σ</i>: only ${is(miss)} stands between it and <i>C</i>.`;
    if (choice === "0") return `You took one of the factors for 0, but ${[miss, ...factors].map(is).join(", ")}.`;
    if (name === "y") return `You took the sign of ${is(miss)}, but there ${title} has a minus.`;
    const minus = factors.find(({ x }) => x < 0);
    return minus ? `You took the sign of ${is(miss)} alone, and left out the factor ${is(minus)}, which turns it.`
      : `You took the sign of ${turned}, target minus answer. In the slope stands ${is(miss)}.`;
  };
  const product = name === "y" ? [`−(${miss.title})`] : [`(${miss.title})`, ...factors.map((factorOf) => factorOf.title)];
  const numbers = [factor(miss.x), ...factors.map(({ x }) => factor(x))];
  const written = name === "y" ? `−${factor(miss.x)}` : numbers.join(" · ");
  const verdict = String(right) === choice ? "<b>Right.</b>" : `<b>Not quite.</b> ${slip()}`;
  return `${verdict} ${whole(`<i>∂C</i>/<i>∂</i>${title}`)} = ${whole(product.join(" · "))} = ${whole(written)} = ${format(value)}: when ${title} grows by 0.10,
    <i>C</i> changes by about ${format(value / 10)}. Move it and see.`;
}

/** The reply about a step ten times smaller: it names the one of the two errors that was forgotten. */
function judgeStep(state, choice) {
  const { truncation, rounding, h } = compute(state);
  const right = trend({ truncation, rounding });
  const smaller = { truncation: format(truncation / 100), rounding: format(rounding * 10) };
  const slip = () => {
    if (choice === "0") return "You thought of the complex step: of the three only it can stay as it is, as it takes no difference.";
    if (choice === "-1" && truncation === 0) return "You thought of truncation, but <i>C</i>‴ is 0 here: there is none that could shrink.";
    if (choice === "1" && rounding === 0) return "You thought of rounding, but <i>C</i> is 0 here: there is nothing to round.";
    return choice === "-1"
      ? "You thought of truncation alone. The two costs now agree in one more digit, and that digit is lost in their difference."
      : "You thought of rounding alone. It does grow, but here it is still far below the truncation.";
  };
  const verdict = String(right) === choice ? "<b>Right.</b>" : `<b>Not quite.</b> ${slip()}`;
  return `${verdict} At <i>h</i> = ${power(Math.log10(h))} truncation is ${format(truncation)} and rounding ${format(rounding)};
    a tenth of <i>h</i> makes them ${smaller.truncation} (a hundredth) and ${smaller.rounding} (ten times as much).
    Move the exponent and see.`;
}

function body(state) {
  const [w, x, b, y, exponent] = movables(state).map(matrix);
  const [W, X, B, Y] = ["w", "x", "b", "y"].map((name) => NUMBERS[name].title);
  return `<div class="model"><span><i>C</i> = ½ (<i>σ</i>(${W}${X} + ${B}) − ${Y})²</span>
      ${choice("<i>σ</i>", 'data-trait="activation"', Object.keys(slopes), state.activation)}</div>
    <div class="numbers">${w}${x}${b}${y}${exponent}</div>
    <div class="plot"><small>relative error of ${SLOPE} against the step <i>h</i></small>${plot(state)}</div>
    <div class="result">${written(state)}</div>
    <p class="note">${note(state)}</p>`;
}

function result(state) {
  const results = compute(state);
  return `step 10 to the ${spoken(state.exponent[0][0])}; relative error of the central difference ${
    spoken(results.central_error)}, of the forward difference ${spoken(results.forward_error)}, of the complex step ${
    spoken(results.complex_error)}`;
}

const gradientCheck = {
  name: "gradient_check",
  title: "Gradient check",
  movable: Object.keys(NUMBERS),
  bounds: { exponent: [LEAST, GREATEST] },
  options: { activation: { values: Object.keys(slopes), words: (name) => `σ is ${name}` } },
  view: {},
  pointed: () => ({}),
  place,
  words: (name) => NUMBERS[name].words,
  matrices,
  asked,
  judge,
  body,
  select: (pointed, state, view) => view,
  actions: {},
  result,
};

export const markup = (state) => drawn(gradientCheck, state);
export default () => live(gradientCheck);
