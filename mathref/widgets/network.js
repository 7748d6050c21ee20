import { back, halfSquaredError, hiddenDelta, outputDelta, weightGradient } from "./backward.js";
import { activate, activations, forward, slope } from "./dense.js";
import { drawn, live } from "./live.js";
import { choice, factor, format, inSentence, ledger, matrix, spoken, squeeze, stepper, symbol } from "./parts.js";

// Figure 3, backpropagation through a network of three layers, one equation at a time. A step is an equation of a layer;
// what it computes is named as in Python: z1, a1, … C, delta3, dW3, db3, … db1.

const LAYERS = [1, 2, 3];
const equationOf = (what, l) => ({ what, l, name: what + l });
const FORWARD = LAYERS.flatMap((l) => [equationOf("z", l), equationOf("a", l)]);
const BACKWARD = [3, 2, 1].flatMap((l) => [equationOf("delta", l), equationOf("dW", l), equationOf("db", l)]);
const STEPS = [...FORWARD, { what: "C", l: 3, name: "C" }, ...BACKWARD];
const MOVABLE = ["x", "W1", "b1", "W2", "b2", "W3", "b3", "y"];
const LARGEST = 8;
const VIEW = { at: "delta1", shown: "all", row: 0, column: 0, hot: null, lines: null }; // the step that is explained,
// how many are computed, the entry of its result whose sum is written, the term of that sum that is pointed at, and the
// weights that are: [layer, end, start], null for every end or start

const KINDS = { // how a quantity is coloured, printed and called; an entry of W is a w
  x: ["a", "x", "input"], y: ["a", "y", "target"], W: ["W", "W", "weight"], b: ["b", "b", "bias"],
  z: ["z", "z", "pre-activation"], a: ["a", "a", "activation"], C: ["grad", "C", "cost"], delta: ["delta", "δ", "error"],
  dW: ["grad", "∂C/∂W", "gradient of the weight"], db: ["grad", "∂C/∂b", "gradient of the bias"],
  slope: ["z", "σ′(z)", "slope of the unit"],
};

/** "delta2" is delta of layer 2; x and y have none. */
function split(name) {
  const [, what, l] = /^(\D+)(\d?)$/.exec(name);
  return [what, l];
}
const stepOf = (name) => STEPS.find((step) => step.name === name);
const before = (l) => (l === 1 ? "x" : `a${l - 1}`); // what layer l is fed with

/** A quantity as it is printed, lit with the quantity of the page that it is in this step. */
function printed(name, quantity, sub = "") {
  const [what, l] = split(name);
  const [kind, letter] = KINDS[what];
  if (what === "slope") return `<i>σ</i>′(${symbol(quantity, "z", "z", { sup: l, sub })})`;
  return symbol(quantity, kind, sub ? letter.replace("W", "w") : letter, { sup: l, sub });
}
const indices = (name, i, j) => `${i + 1}${/W/.test(name) ? j + 1 : ""}`;
const entry = (name, i, j = 0, quantity = name) => printed(name, quantity, indices(name, i, j));

function inWords(name, i, j) {
  const [what, l] = split(name);
  return `${KINDS[what][2]}${l && ` of layer ${l},`} row ${i + 1}${/W/.test(what) ? `, column ${j + 1}` : ""}`;
}

/** Where the entry called w2_13 stands: ["W2", 0, 2]. */
function place(called) {
  const [name, [i, j = "1"]] = called.split("_");
  return [name.replace("w", "W"), i - 1, j - 1];
}

/** Everything, what is given and what follows. */
function compute(state) {
  const n = Object.fromEntries(MOVABLE.map((name) => [name, state[name]]));
  for (const l of LAYERS) {
    n[`z${l}`] = forward(n[`W${l}`], n[`b${l}`], n[before(l)]);
    n[`a${l}`] = activate(n[`z${l}`], state.activation);
    n[`slope${l}`] = slope(n[`z${l}`], state.activation);
  }
  n.C = halfSquaredError(n.a3, n.y);
  for (const l of [3, 2, 1]) {
    n[`delta${l}`] = l === 3 ? outputDelta(n.a3, n.y, n.slope3) : hiddenDelta(n[`W${l + 1}`], n[`delta${l + 1}`], n[`slope${l}`]);
    n[`dW${l}`] = weightGradient(n[`delta${l}`], n[before(l)]);
    n[`db${l}`] = n[`delta${l}`];
  }
  return n;
}

/** The operands of a step, each [what stands before it, its name, the quantity it is on the page]; then the result. */
function operands({ what, l, name }) {
  const [W, a, z, delta] = [`W${l}`, `a${l}`, `z${l}`, `delta${l}`];
  return {
    z: [["", W, "W"], ["", before(l), "a_prev"], ["+", `b${l}`, "b"]],
    a: [["σ", z, "z"]],
    C: [["", "a3", "a_out"], ["−", "y", "y"]],
    delta: l === 3
      ? [["(", "a3", "a_out"], ["−", "y", "y"], [") ⊙", "slope3", "z_out"]]
      : [["", `W${l + 1}`, "W_next"], ["", `delta${l + 1}`, "delta_next"], ["⊙", `slope${l}`, "z"]],
    dW: [["", delta, "delta"], ["", before(l), "a_prev"]],
    db: [["", delta, "delta"]],
  }[what].map(([operator, operand, quantity]) => ({
    operator, name: operand, quantity, transposed: what === "dW" ? operand === before(l) : what === "delta" && operand === `W${l + 1}`,
  })).concat({ operator: "=", name, quantity: what === "C" ? "C" : what === "delta" && l === 3 ? "delta_out" : what });
}

/** The step's equation, as markup. */
function equation(step) {
  const parts = operands(step).map(({ name, quantity, transposed }) => {
    const text = printed(name, quantity);
    return transposed ? `${/W/.test(name) ? `(${text})` : text}<sup>⊤</sup>` : text;
  });
  const [p, q, r] = parts;
  const right = {
    z: () => `${p} ${q} + ${r}`, a: () => `<i>σ</i>(${p})`, C: () => `½ ‖${p} − ${q}‖²`,
    delta: () => (step.l === 3 ? `(${p} − ${q}) ⊙ ${r}` : `(${p} ${q}) ⊙ ${r}`), dW: () => `${p} ${q}`, db: () => p,
  }[step.what]();
  return `${parts.at(-1)} = ${right}`;
}

const MEANING = {
  z: "Forward: each unit collects along its row of the weights and adds its bias.",
  a: "σ acts on each unit by itself.",
  C: "How far the last layer is from the target: half the sum of the squares.",
  delta3: "The error of the last layer: how far it is off, times the slope of σ there.",
  delta: "Backward: each unit collects down its column of the weights, then multiplies by its own slope.",
  dW: "A weight’s gradient: the error of the unit at its end, times what stands at its start.",
  db: "A bias is an input of its unit that is always 1: its gradient is the error.",
};

/** How far the step is, and the entry of its result, whatever shapes the matrices had when they were pointed at. */
function look(view, n) {
  const step = stepOf(view.at);
  const shown = view.shown === "all" ? STEPS.length : view.shown;
  const M = step.what === "C" ? [[n.C]] : n[step.name];
  return { step, shown, row: Math.min(view.row, M.length - 1), column: Math.min(view.column, M[0].length - 1), hot: view.hot, lines: view.lines };
}

/** Which term of the sum the entry (i, j) of an operand stands in: a number, true if it stands in all of them, or null. */
function termOf({ step: { what, l }, row, column }, name, i, j) {
  const mine = i === row || null;
  if (what === "z") return name === `W${l}` ? mine && j : name === `b${l}` ? mine && "b" : i;
  if (what === "delta" && l < 3) return name === `W${l + 1}` ? (j === row || null) && i : name === `delta${l + 1}` ? i : mine;
  if (what === "C") return i;
  return what === "dW" && name === before(l) ? i === column || null : mine;
}

/** A step's matrices, as `parts.js` draws them. */
function matrices(n, seen, bound) {
  const { step, row, column, hot } = seen;
  return operands(step).map(({ operator, name, quantity, transposed }, k, all) => {
    const [what] = split(name);
    const [kind, , words] = KINDS[what];
    const title = printed(name, quantity);
    const isResult = k === all.length - 1;
    return {
      operator, name, quantity, kind, transposed, M: what === "C" ? [[n.C]] : n[name],
      title: transposed ? `<span>(${title})<sup>⊤</sup></span>` : `<span>${title}</span>`,
      words: `${words}${transposed ? ", rows as columns" : ""}`,
      entry: (i, j) => (what === "C" ? "cost" : inWords(name, i, j)),
      bound: MOVABLE.includes(name) ? bound : undefined,
      mark(i, j) {
        if (isResult) return i === row && j === column ? "on" : "";
        const term = termOf(seen, name, i, j);
        return `${term === null ? "" : "on"} ${hot !== null && term === hot ? "hot" : ""}`;
      },
    };
  });
}

const coloured = (name, text) => `<span class="q-${KINDS[split(name)[0]][0]}">${text}</span>`;
const times = (...factors) => factors.map(([name, x]) => coloured(name, factor(x))).join("·<wbr>");

/** A result that is no sum, written out: what it is, its symbols, its factors, its value. */
function chain(of, symbols, factors, kind, x) {
  return `<div class="chain"><span class="of">${of}</span> <span>= ${symbols}</span> <span>= ${factors}</span>
    <span>= <b class="q-${kind}" data-value="${x}">${format(x)}</b></span></div>`;
}
const said = (words, markup) => `<div class="sum" role="img" aria-label="${words}">${markup}</div>`;

/** The entry of the result, written out with its numbers. */
function written(n, seen, activation) {
  const { step: { what, l, name }, row: i, column: j, hot } = seen;
  const mark = (k) => (k === hot ? "hot" : "");
  const number = (of, k, c = 0) => n[of][k][c];
  const is = what === "C" ? `cost: ${spoken(n.C)}` : `${inWords(name, i, j)}: ${spoken(number(name, i, j))}`;
  const [W, a, y, z, delta, slope] = [`W${l}`, `a${l}`, "y", `z${l}`, `delta${l}`, `slope${l}`];
  if (what === "z") {
    const from = before(l);
    const terms = n[from].map(([x], k) => [
      entry(W, i, k, "W") + entry(from, k, 0, "a_prev"), times([W, number(W, i, k)], [from, x]), number(W, i, k) * x, mark(k)]);
    const bias = number(`b${l}`, i);
    return ledger({
      of: entry(z, i), kind: "z", total: number(z, i),
      terms: [...terms, [entry(`b${l}`, i, 0, "b"), times([`b${l}`, bias]), bias, mark("b")]],
      said: `${is}, which is ${n[from].map(([x], k) => `${spoken(number(W, i, k))} times ${spoken(x)}`).join(" plus ")} plus ${spoken(bias)}`,
    });
  }
  if (what === "C") {
    return ledger({
      of: symbol("C", "grad", "C"), kind: "grad", total: n.C,
      terms: n.y.map(([y_k], k) => [
        `½(${entry(a, k, 0, "a_out")} − ${entry(y, k)})²`,
        `½(${coloured(a, format(number(a, k)))} − ${coloured(y, factor(y_k))})²`, (number(a, k) - y_k) ** 2 / 2, mark(k)]),
      said: `${is}, half the sum of ${n.y.map(([y_k], k) => `the square of ${spoken(number(a, k))} minus ${spoken(y_k)}`).join(" and ")}`,
    });
  }
  if (what === "delta" && l < 3) {
    const [W_next, next] = [`W${l + 1}`, `delta${l + 1}`];
    const returned = back(n[W_next], n[next])[i][0];
    const rate = symbol("grad_a", "grad", "∂C/∂a", { sup: l, sub: i + 1 });
    return ledger({
      of: rate, kind: "grad", total: returned,
      terms: n[next].map(([d], k) => [
        entry(W_next, k, i, "W_next") + entry(next, k, 0, "delta_next"), times([W_next, number(W_next, k, i)], [next, d]),
        number(W_next, k, i) * d, mark(k)]),
      said: `${is}, the slope ${spoken(number(slope, i))} times the sum of ${
        n[next].map(([d], k) => `${spoken(number(W_next, k, i))} times ${spoken(d)}`).join(" plus ")}`,
      after: `<div class="after">${chain(entry(delta, i, 0, "delta"), `${rate} ${printed(slope, "z", i + 1)}`,
        `${coloured("dW1", format(returned))}·<wbr>${times([slope, number(slope, i)])}`, "delta", number(delta, i))}</div>`,
    });
  }
  if (what === "a") {
    return said(`${is}, which is ${activation} of ${spoken(number(z, i))}`, chain(entry(a, i), `<i>σ</i>(${entry(z, i)})`,
      `${activation}(${coloured(z, format(number(z, i)))})`, "a", number(a, i)));
  }
  if (what === "delta") {
    const off = `(${coloured(a, format(number(a, i)))} − ${coloured(y, factor(number(y, i)))})`;
    return said(`${is}, which is ${spoken(number(a, i))} minus ${spoken(number(y, i))}, times the slope ${spoken(number(slope, i))}`,
      chain(entry(delta, i, 0, "delta_out"), `(${entry(a, i, 0, "a_out")} − ${entry(y, i)}) ${printed(slope, "z_out", i + 1)}`,
        `${off}·<wbr>${times([slope, number(slope, i)])}`, "delta", number(delta, i)));
  }
  const from = before(l);
  return what === "dW"
    ? said(`${is}, the error ${spoken(number(delta, i))} times the activation ${spoken(number(from, j))}`,
      chain(entry(name, i, j, "dW"), entry(delta, i, 0, "delta") + entry(from, j, 0, "a_prev"),
        times([delta, number(delta, i)], [from, number(from, j)]), "grad", number(name, i, j)))
    : said(`${is}, the error of the unit`,
      chain(entry(name, i, 0, "db"), entry(delta, i, 0, "delta"), times([delta, number(delta, i)]), "grad", number(name, i)));
}

// The graph. Layers stand side by side, their units in columns; a unit holds its numbers line by line.

const WIDE = 338;
const [HALF, PITCH] = [23, 97]; // half the width of a unit, and the way from layer to layer
const LINES = [["x"], ["z1", "a1", "delta1"], ["z2", "a2", "delta2"], ["z3", "a3", "y", "delta3"]];
const LEVELS = 6;
const X = (l) => HALF + l * PITCH;
const LEAST = 33; // so high is a unit at least: 24 pixels, where the page is 320 wide
const [LONG, HIGH] = [24, 9]; // the room that a number on a line takes
const ALONG = [0.5, 0.3, 0.7, 0.25, 0.75]; // where on its line it may stand

/** A number in a unit, where there is room for six characters. */
function short(x) {
  const size = Math.abs(x);
  if (size < 99.995) return format(x);
  return (size < 9999.5 ? x.toFixed(0) : x.toExponential(0)).replaceAll("-", "−").replace("e+", "e");
}

/** How high the graph is, and where the units of layer l stand. */
function layout(n) {
  const tall = LINES.map((lines) => Math.max(LEAST, 11 * lines.length + 6));
  const units = [n.x, n.z1, n.z2, n.z3].map((column) => column.length);
  const height = Math.max(...units.map((count, l) => count * (tall[l] + 9))) + 4;
  const pitch = units.map((count, l) => Math.max(tall[l] + 9, Math.min(64, height / count)));
  return { height, tall, units, y: (l, i) => Math.round(height / 2 + 2 + (i - (units[l] - 1) / 2) * pitch[l]) };
}

/** The weights that the entry in question uses, each [layer, its end, its start, its term]. */
function used({ step: { what, l }, row, column }, n) {
  if (what === "z") return n[before(l)].map((_, j) => [l, row, j, j]);
  if (what === "delta" && l < 3) return n[`delta${l + 1}`].map((_, j) => [l + 1, j, row, j]);
  return what === "dW" ? [[l, row, column, null]] : [];
}

/** The units whose numbers the entry in question is made of, and its own: [layer, unit]. */
function involved({ step: { what, l }, row, column }, n) {
  const all = (M, layer) => M.map((_, i) => [layer, i]);
  if (what === "z") return [[l, row], ...all(n[before(l)], l - 1)];
  if (what === "delta" && l < 3) return [[l, row], ...all(n[`delta${l + 1}`], l + 1)];
  if (what === "C") return all(n.y, 3);
  return what === "dW" ? [[l, row], [l - 1, column]] : [[l, row]];
}

/** Where the numbers of weights stand on their lines, each [x, y]; null if one would touch another. */
function along(weights, y) {
  const taken = [];
  for (const [l, i, j] of weights) {
    const [from, to] = [y(l - 1, j), y(l, i)];
    const free = ALONG.map((t) => [X(l - 1) + HALF + t * (PITCH - 2 * HALF), from + t * (to - from)])
      .find(([x, at]) => taken.every(([x2, at2]) => Math.abs(x - x2) >= LONG || Math.abs(at - at2) >= HIGH));
    if (!free) return null;
    taken.push(free);
  }
  return taken;
}

/** The quantity that the weights of layer l are in this step: their gradient's, if that is what is computed. */
function quantityOf(step, l) {
  const [operand] = operands(step).filter(({ name }) => name === `W${l}` || name === `dW${l}`);
  return operand?.quantity ?? `W${l}`;
}

function graph(n, seen) {
  const { height, tall, units, y } = layout(n);
  const known = (name) => MOVABLE.includes(name) || STEPS.findIndex((step) => step.name === name) < seen.shown;
  const line = (l, i, j, off = 0) => `M${X(l - 1) + HALF} ${y(l - 1, j) + off}L${X(l) - HALF} ${y(l, i) + off}`;
  const stub = (l, i, off) => `M${X(l) - 6 + off} ${y(l, i) - tall[l] / 2 - 7}v7`;

  // Lines of one kind, depth and sign are one path: few elements for many weights.
  const paths = {};
  for (const kind of ["W", "b", "grad"]) {
    for (const sign of ["", " minus"]) for (let level = 0; level < LEVELS; level += 1) paths[`${kind} l${level}${sign}`] = "";
  }
  const draw = (kind, x, share, d) => {
    paths[`${kind} l${Math.min(LEVELS - 1, Math.floor(share * LEVELS))}${x < 0 ? " minus" : ""}`] += d;
  };
  const gradients = LAYERS.flatMap((l) => [`dW${l}`, `db${l}`]).filter(known);
  const largest = Math.max(...gradients.map((name) => Math.max(...n[name].flat().map(Math.abs))));
  for (const l of LAYERS) {
    const each = (name, kind, share, d) => {
      if (known(name)) n[name].forEach((row, i) => row.forEach((x, j) => draw(kind, x, share(x), d(l, i, j))));
    };
    const ofAll = (x) => (largest > 0 ? Math.abs(x) / largest : 0);
    each(`W${l}`, "W", (x) => Math.abs(squeeze(x)), (l, i, j) => line(l, i, j));
    each(`b${l}`, "b", (x) => Math.abs(squeeze(x)), (l, i) => stub(l, i, 0));
    each(`dW${l}`, "grad", ofAll, (l, i, j) => line(l, i, j, 4));
    each(`db${l}`, "grad", ofAll, (l, i) => stub(l, i, 5));
  }
  const lines = Object.entries(paths).map(([kind, d]) => `<path class="${kind}" d="${d}"/>`).join("");
  const hot = used(seen, n);
  const over = hot.map(([l, i, j]) => line(l, i, j)).join("");
  const isPointed = (weight) => seen.lines?.every((k, at) => k === null || k === weight[at]) ?? false;
  const isHot = (weight) => hot.some((one) => one[3] !== null && one[3] === seen.hot && weight.every((k, at) => k === one[at]))
    || (isPointed(weight) && !seen.lines.includes(null));
  const weights = LAYERS.map((l) => n[`W${l}`].flatMap((row, i) => row.map((_, j) => [l, i, j])));
  const hottest = weights.flat().filter(isHot).map(([l, i, j]) => line(l, i, j)).join("");

  // A line is pointed at like its entry of W. Its number stands on it, if there is room for those of all its layer; else
  // if it is pointed at, and if none is, if the entry in question uses it.
  const at = (name, i, j) => `data-name="${name}" data-row="${i}" data-column="${j}"`;
  const hits = weights.map((all, k) => `<g data-quantity="${quantityOf(seen.step, k + 1)}">${
    all.map(([l, i, j]) => `<path class="hit" ${at(`W${l}`, i, j)} d="${line(l, i, j)}"/>`).join("")}</g>`);
  const numbers = weights.map((all, k) => {
    const pointed = all.filter(isPointed);
    const some = pointed.length ? pointed : hot.filter(([l]) => l === k + 1).map((weight) => weight.slice(0, 3));
    const shown = [all, some].find((these) => along(these, y)) ?? [];
    const places = along(shown, y);
    return shown.map((weight, m) => {
      const [l, i, j] = weight;
      const x = n[`W${l}`][i][j];
      return `<text class="weight${isHot(weight) ? " hot" : ""}" data-of="W${l}" data-row="${i}" data-column="${j}" data-value="${
        x}" x="${places[m][0].toFixed(1)}" y="${(places[m][1] + 3).toFixed(1)}">${short(x)}</text>`;
    }).join("");
  });

  const lit = new Set(involved(seen, n).map(String));
  const boxes = units.map((count, l) => Array.from({ length: count }, (_, i) => (
    `<rect class="${lit.has(`${l},${i}`) ? "on" : ""}" x="${X(l) - HALF}" y="${y(l, i) - tall[l] / 2}" width="${2 * HALF}"
      height="${tall[l]}" rx="6" data-name="unit${l}" data-row="${i}" data-column="0" data-action="go" data-unit="${l}"/>`)).join(""));
  const texts = LINES.map((lines, l) => lines.map((name, k) => {
    const [kind, letter] = KINDS[split(name)[0]];
    const at = Array.from({ length: units[l] }, (_, i) => y(l, i) + 11 * (k - (lines.length - 1) / 2) + 3.5);
    const numbers = known(name) ? n[name].map(([x], i) => `<text x="${X(l) + HALF - 3}" y="${at[i]}">${short(x)}</text>`) : at.map((y) => (
      `<text x="${X(l) + HALF - 3}" y="${y}">·</text>`));
    return `<g class="q-${kind}"><text class="letter" x="${at.map(() => X(l) - HALF + 3).join(" ")}" y="${at.join(" ")}">${
      letter.repeat(at.length)}</text>${numbers.join("")}</g>`;
  }).join(""));
  return `<svg viewBox="0 0 ${WIDE} ${height}" role="img" aria-label="The network: ${units.join(", ")} units; ${seen.shown} of ${
    STEPS.length} equations computed" style="--thick:${Math.max(0.5, Math.min(1, 4 / Math.max(...units)))}"><path class="over" d="${over}"/>
    <path class="over hot" d="${hottest}"/>${lines}${hits.join("")}${boxes.join("")}${numbers.join("")}${texts.join("")}</svg>`;
}

/** What the gradients say, in numbers of this state, as soon as they are computed. */
function note(n, shown) {
  if (shown < 7) return "No cost yet: first forward, from layer 1 to layer 3.";
  const is = `<b>${cost} = ${inSentence("cost", n.C)}.</b>`;
  if (shown < STEPS.length) return `${is} Its gradients follow backward, from layer 3 to layer 1.`;
  const rates = LAYERS.flatMap((l) => [`W${l}`, `b${l}`]).flatMap((name) => (
    n[`d${name}`].flatMap((row, i) => row.map((rate, j) => ({ name, i, j, rate })))));
  const { name, i, j, rate } = rates.reduce((best, one) => (Math.abs(one.rate) > Math.abs(best.rate) ? one : best));
  if (rate === 0) return `${is} All ${rates.length} gradients are 0: this sample teaches nothing.`;
  const largest = [3, 2, 1].map((l) => `${inSentence(`error ${l}`, Math.max(...n[`delta${l}`].flat().map(Math.abs)))} in layer ${l}`);
  return `${is} Of ${rates.length} weights and biases ${entry(name, i, j)} moves it most: its gradient is ${
    inSentence("steepest", rate)}, so ${cost} ${rate > 0 ? "grows" : "shrinks"} by about ${
    inSentence("change", Math.abs(rate) / 10)} when it grows by 0.10. The largest error is ${largest[0]}, ${largest[1]}, ${largest[2]}.`;
}

/** The equations of all layers as buttons: forward from left to right, backward from right to left. */
function map({ step, shown }) {
  const button = ({ name, what, l }) => {
    const k = STEPS.findIndex((other) => other.name === name);
    const [kind, letter, words] = KINDS[what];
    return `<button type="button" class="q-${kind}${k < shown ? "" : " later"}" data-action="go" data-step="${name}"
      aria-pressed="${name === step.name}" aria-label="${what === "C" ? words : `${words}, layer ${l}`}">${
      letter.replace("C/∂", "")}<sup>${what === "C" ? "" : l}</sup></button>`;
  };
  const C = stepOf("C");
  return `<div class="map" role="group" aria-label="the equations">
    <span aria-hidden="true">→</span>${LAYERS.map((l) => `<span>${FORWARD.filter((s) => s.l === l).map(button).join("")}</span>`).join("")}${button(C)}
    <span aria-hidden="true">←</span>${LAYERS.map((l) => `<span>${BACKWARD.filter((s) => s.l === l).reverse().map(button).join("")}</span>`).join("")}</div>`;
}

// The question

function subject(state) {
  const [name, i, j] = place(state.entry);
  const [what, l] = split(name);
  return { name, what, l: Number(l), i, j, moved: entry(name, i, j) };
}

const cost = symbol("C", "grad", "C");

function asked(state) {
  return `What happens to the cost ${cost} if ${subject(state).moved} grows a little and nothing else moves?`;
}

const NUDGE = 1e-4;

/** What C does if the entry in question grows: what its gradient says, and where that is 0, what a small step shows. */
function truth(state, rate) {
  const { name, i, j } = subject(state);
  const after = (step) => {
    const M = state[name].map((row, k) => row.map((x, m) => (k === i && m === j ? x + step : x)));
    return Math.sign(compute({ ...state, [name]: M }).C - compute(state).C);
  };
  return { sign: Math.sign(rate) || after(NUDGE), isBottom: rate === 0 && after(NUDGE) > 0 && after(-NUDGE) > 0 };
}

/** The reply to a choice, which names the slip. The sign of the gradient of what moves decides; where that is 0, a small step. */
function judge(state, choice) {
  const n = compute(state);
  const { name, what, l, i, j, moved } = subject(state);
  const picked = Number(choice);
  const rate = {
    W: () => n[`dW${l}`][i][j], b: () => n[`db${l}`][i][0], x: () => back(n.W1, n.delta1)[i][0], y: () => n.y[i][0] - n.a3[i][0],
  }[what]();
  const number = (x) => format(x);
  const { sign, isBottom } = truth(state, rate);
  const verdict = (slip) => (sign === picked ? "<b>Right.</b>" : `<b>Not quite.</b> ${slip()}`);
  const besides = () => {
    if (rate !== 0 || sign === 0) return "";
    if (isBottom) return ` This is the bottom: any step away makes ${cost} larger.`;
    const corner = state.activation === "relu" ? " relu has no slope at 0, and code takes 0 for it." : "";
    return `${corner} A step to the right shows it: ${cost} ${sign > 0 ? "grows" : "shrinks"}.`;
  };
  if (what === "x" || what === "y") {
    const because = what === "y"
      ? `${cost} is half the square of ${entry("a3", i)} − ${moved}, whose rate is ${moved} − ${entry("a3", i)} = ${number(rate)}.`
      : `The rate is the sum of the errors of layer 1, each times its weight in column ${i + 1} of ${printed("W1", "W1")}: ${number(rate)}.`;
    const slip = () => {
      if (rate === 0 && sign !== 0) return `The rate of ${cost} is 0 here, but only here.`;
      if (picked === 0 || rate === 0) return `${cost} does ${rate === 0 ? "not " : ""}depend on ${moved}.`;
      return what === "y" ? "A target that comes closer makes the cost smaller." : "The sign of what comes back to it decides, not its own.";
    };
    return `${verdict(slip)} ${because}${besides()} Move it and see.`;
  }
  const [delta, from] = [entry(`delta${l}`, i), entry(before(l), j)];
  const error = n[`delta${l}`][i][0];
  const fed = what === "W" ? n[before(l)][j][0] : 1; // a bias is fed with 1
  const [returned, slopeThere] = [l === 3 ? n.a3[i][0] - n.y[i][0] : back(n[`W${l + 1}`], n[`delta${l + 1}`])[i][0], n[`slope${l}`][i][0]];
  const slip = () => {
    if (rate === 0 && sign !== 0) return `The rate of ${cost} is 0 here, but only here.`;
    if (slopeThere === 0 && picked === Math.sign(returned * fed)) {
      return `You forgot the slope: ${number(returned)} came back to the unit, but ${printed(`slope${l}`, `z${l}`, i + 1)} is 0 and lets none of it on.`;
    }
    if (rate === 0 && fed === 0) return `${from} is 0: nothing goes through this weight.`;
    if (rate === 0 && returned !== 0) return `${delta} is 0: ${number(returned)} came back to the unit, but ${printed(`slope${l}`, `z${l}`, i + 1)} is 0 and lets none of it on.`;
    if (rate === 0) return `${delta} is 0: nothing comes back to this unit.`;
    if (picked === 0) return `Neither factor is 0, so ${cost} does depend on ${moved}.`;
    if (what === "b") return `The sign of the error decides, and ${delta} is ${error < 0 ? "negative" : "positive"}.`;
    if (error < 0 && fed < 0) return "Two negative factors make a positive product.";
    if (error < 0) return `You took the sign of ${from} alone: the error ${delta} is negative.`;
    if (fed < 0) return `You took the sign of the error ${delta} alone: ${from} is negative and turns it.`;
    return `Both factors are positive. The sign of ${moved} itself does not matter.`;
  };
  const product = what === "W" ? `${delta}${from} = ${number(error)}·${factor(fed)} = ${number(rate)}` : `${delta} = ${number(rate)}`;
  return `${verdict(slip)} The rate is <span class="product">${entry(`d${name}`, i, j)} = ${product}</span>.${besides()} Move it and see.`;
}

// What is chosen

/** A matrix in another shape: the entries that it has stay, new ones follow a rule without a pattern. */
function resized(M, rows, columns, seed) {
  const fresh = (i, j) => Math.round(13 * Math.sin(12.9 * (i + 1) + 78.2 * (j + 1) + 3.7 * seed)) / 10;
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => M[i]?.[j] ?? fresh(i, j)));
}

/** The matrices of the network when layer l is n units wide. */
function widened(state, l, n) {
  const change = (name, rows, columns) => [name, resized(state[name], rows, columns, MOVABLE.indexOf(name))];
  return Object.fromEntries([
    l === 0 ? change("x", n, 1) : change(`W${l}`, n, state[`W${l}`][0].length),
    ...(l === 0 ? [] : [change(`b${l}`, n, 1)]),
    l === 3 ? change("y", n, 1) : change(`W${l + 1}`, state[`W${l + 1}`].length, n),
  ]);
}

const widths = ({ x, W1, W2, W3 }) => [x, W1, W2, W3].map((M) => M.length);

function fits(state) {
  const n = widths(state);
  const is = (name, rows, columns) => state[name].length === rows && state[name][0].length === columns;
  return Math.max(...n) <= LARGEST && is("x", n[0], 1) && is("y", n[3], 1)
    && LAYERS.every((l) => is(`W${l}`, n[l], n[l - 1]) && is(`b${l}`, n[l], 1));
}

function body(state, view) {
  const n = compute(state);
  const seen = look(view, n);
  const { step, shown } = seen;
  const all = matrices(n, seen, state.bound);
  const wide = (M) => (M.transposed ? M.M.length : M.M[0].length);
  const [most, columns] = [Math.max(...all.map(wide)), all.reduce((sum, M) => sum + wide(M), 0)];
  const part = (M) => `<div class="part">${M.operator && `<span class="operator">${M.operator}</span>`}${matrix(M)}</div>`;
  const size = (n_l, l) => choice(`<i>n</i><sub>${l}</sub>`, `data-size="n${l}"`, [...Array(LARGEST).keys()].map((k) => k + 1), n_l);
  const sigma = choice("<i>σ</i>", 'data-trait="activation"', Object.keys(activations), state.activation);
  const more = '<button type="button" data-action="all">all</button>';
  const C = shown > 6 ? `<b data-number="C" data-value="${n.C}">${format(n.C)}</b>` : "<b>not yet</b>";
  return `<div class="shape">${widths(state).map(size).join("")}${sigma}</div>
    <div class="way">
      <div class="beside">${stepper({ at: shown, count: `${STEPS.length} computed`, playing: view.playing, more })}
        <p class="equation">${equation(step)}</p>
        <p class="meaning">${MEANING[step.name] ?? MEANING[step.what]}</p>
        <p class="note" role="note">${note(n, shown)}</p></div>
      <div class="graph">${graph(n, seen)}${map(seen)}
        <p class="legend"><span class="q-W">— weight</span>, <span class="q-b">❘ bias</span>, beside it <span class="q-grad">its
          gradient</span> as a share of the largest; dashed: negative</p></div>
    </div>
    <div class="stage" style="--all:${columns};--most:${most};--tall:${Math.max(...widths(state))}">
      ${all.slice(0, -1).map(part).join("")}
      <div class="result" style="--out:${wide(all.at(-1))}"><div class="outcome">${part(all.at(-1))}<p class="cost">${cost} = ${C}</p></div>
        <div class="written">${written(n, seen, state.activation)}</div></div>
    </div>`;
}

/** The weights that something belongs to, as a view's `lines`: a unit's are those that it collects, an input's those it feeds. */
function linesAt(kind, layer, i, j) {
  if (kind === "W") return [layer, i, j];
  if (kind !== "unit") return null;
  return layer === 0 ? [1, null, i] : [layer, i, null];
}

/** Pointing at an entry of the result or at its unit writes it out; at an operand, the sum that it stands in, and its term. */
function select({ name, i, j }, state, seen) {
  const step = stepOf(seen.at);
  const { what, l } = step;
  const [kind, layer] = split(name);
  const view = { ...seen, lines: linesAt(kind, Number(layer), i, j) };
  const next = { ...view, hot: null };
  if (name === `W${l}` && what === "dW") return { ...next, row: i, column: j };
  if (kind === "W" && !operands(step).some((operand) => operand.name === name)) return view;
  const named = kind !== "unit" ? name : { // the number of that unit that the step has to do with
    z: { [l - 1]: before(l), [l]: `z${l}` }, a: { [l]: `a${l}` }, C: { 3: "a3" }, delta: { [l]: `delta${l}`, [l + 1]: `delta${l + 1}` },
    dW: { [l - 1]: before(l), [l]: `delta${l}` }, db: { [l]: `db${l}` },
  }[what][layer];
  if (!named) return view;
  if (named === view.at) return what === "C" ? view : { ...next, row: i, column: j };
  if (what === "z") {
    if (named === before(l)) return { ...view, hot: i };
    return { ...next, row: i, hot: named === `W${l}` ? j : "b" };
  }
  if (what === "C") return { ...view, hot: i };
  if (what === "delta" && l < 3) {
    if (named === `W${l + 1}`) return { ...next, row: j, hot: i };
    if (named === `delta${l + 1}`) return { ...view, hot: i };
  }
  return what === "dW" && named === before(l) ? { ...next, column: i } : { ...next, row: i };
}

/** The view that explains a step; a step that was not reached is reached. */
function explain(view, at) {
  const k = STEPS.findIndex((step) => step.name === at) + 1;
  return { ...view, at, row: 0, column: 0, hot: null, lines: null, shown: view.shown === "all" ? "all" : Math.max(view.shown, k) };
}

/** A button tells its step; a unit belongs to a layer, and the equation of its kind there is meant. */
function go(state, view, { step, unit, row }) {
  if (step) return explain(view, step);
  const { what } = stepOf(view.at);
  const l = Math.max(1, Number(unit));
  const at = what === "C" ? `delta${l}` : what + l;
  const reached = view.shown === "all" || STEPS.findIndex((other) => other.name === at) < view.shown;
  return { ...explain(view, reached ? at : `z${l}`), row: unit === "0" ? 0 : Number(row) };
}

const steps = {
  count: () => STEPS.length,
  at: (state, { shown }) => (shown === "all" ? STEPS.length : shown),
  to: (state, view, k) => ({ ...view, at: STEPS[k - 1].name, shown: k, row: 0, column: 0, hot: null, lines: null }),
};

function result(state, view) {
  const n = compute(state);
  const { step, shown, row, column } = look(view, n);
  const cost = shown > 6 ? `cost: ${spoken(n.C)}` : "";
  if (step.what === "C") return cost;
  return `${inWords(step.name, row, column)}: ${spoken(n[step.name][row][column])}${cost && `; ${cost}`}`;
}

/** All the numbers, for the table. */
function numbers(state) {
  const n = compute(state);
  return ["x", "W1", "b1", "z1", "a1", "W2", "b2", "z2", "a2", "W3", "b3", "z3", "a3", "y", "C", ...BACKWARD.map(({ name }) => name)]
    .map((name) => ({ title: printed(name, name), M: name === "C" ? [[n.C]] : n[name] }));
}

const range = [...Array(LARGEST).keys()];

const network = {
  name: "network",
  title: "Backpropagation through a network",
  movable: MOVABLE,
  options: { activation: { values: Object.keys(activations), words: (name) => `σ is ${name}` } },
  view: VIEW,
  pointed: () => ({
    at: STEPS.map(({ name }) => name), shown: ["all", ...STEPS.map((_, k) => k + 1)], row: range, column: range,
  }),
  place,
  words: inWords,
  matrices: numbers,
  asked,
  judge,
  body,
  select,
  actions: { all: (state, view) => ({ ...view, shown: "all" }), go },
  steps,
  sizes: Object.fromEntries([0, 1, 2, 3].map((l) => [`n${l}`, {
    words: (n) => `layer ${l} has ${n} unit${n === "1" ? "" : "s"}`,
    resize: (state, n) => widened(state, l, Number(n)),
  }])),
  fits,
  first: "w1_11",
  result,
};

export const markup = (state) => drawn(network, state);
export default () => live(network);
