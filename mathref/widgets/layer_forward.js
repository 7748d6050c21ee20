import { activate, activations, forward } from "./dense.js";
import {
  announcer, answering, copyLink, factor, format, lighting, matrix, movable, paint, parse, patch, question, readLink,
  spoken, symbol, table, tools,
} from "./parts.js";

// Figure 1, a layer forward: z = W a_prev + b, a = σ(z), entry by entry.

const QUANTITIES = {
  W: { kind: "W", letter: "w", layer: "<i>l</i>", words: "weight" },
  a_prev: { kind: "a", letter: "a", layer: "<i>l</i>−1", words: "activation of the layer before" },
  b: { kind: "b", letter: "b", layer: "<i>l</i>", words: "bias" },
  z: { kind: "z", letter: "z", layer: "<i>l</i>", words: "pre-activation z" },
  a: { kind: "a", letter: "a", layer: "<i>l</i>", words: "activation a" },
};
const MOVABLE = ["W", "a_prev", "b"];
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

/** The quantities in the order of the equation, as the matrices that `parts.js` draws. */
function matrices(state) {
  const numbers = { ...state, ...compute(state) };
  return Object.entries(QUANTITIES).map(([name, { kind, letter, layer, words }]) => ({
    name,
    kind,
    title: symbol(name, kind, name === "W" ? "W" : letter, { sup: layer }),
    words: name === "a_prev" ? "activations of the layer before" : words,
    entry: (i, j) => inWords(name, i, j),
    M: numbers[name],
    bound: MOVABLE.includes(name) ? state.bound : undefined,
    row: name === "a_prev" ? undefined : 0,
  }));
}

/** The sum behind z_i, term by term: its symbols, its factors, its value; then a_i. `hot` is the term pointed at. */
function sum(state, i, hot) {
  const { W, a_prev, b } = state;
  const coloured = (kind, text) => `<span class="q-${kind}">${text}</span>`;
  const products = W[i].map((w, j) => [
    entry("W", i, j) + entry("a_prev", j, 0),
    `${coloured("W", factor(w))}·<wbr>${coloured("a", factor(a_prev[j][0]))}`,
    w * a_prev[j][0],
  ]);
  const terms = [...products, [entry("b", i, 0), coloured("b", factor(b[i][0])), b[i][0]]].map(([s, n, x], k) => (
    `<span class="term${k === hot ? " hot" : ""}"><span class="symbols">${s}</span><span class="factors">${n}</span>
    <span class="value${k && x < 0 ? " negative" : ""}" data-value="${x}">${format(k ? Math.abs(x) : x)}</span></span>`));
  const { z, a } = compute(state);
  const spokenTerms = W[i].map((w, j) => `${spoken(w)} times ${spoken(a_prev[j][0])}`);
  const said = `z row ${i + 1} is ${spokenTerms.join(" plus ")} plus ${spoken(b[i][0])}, which is ${spoken(z[i][0])}; `
    + `a row ${i + 1} is ${state.activation} of that, ${spoken(a[i][0])}`;
  return `<div class="sum${terms.length > 4 ? " long" : ""}" role="img" aria-label="${said}" data-row="${i}">
    <div class="terms"><span class="of">${entry("z", i, 0)}</span>${terms.join("")}
    <b class="total q-z" data-value="${z[i][0]}">${format(z[i][0])}</b></div>
    <div class="after"><span class="of">${entry("a", i, 0)}</span> <span>= <i>σ</i>(${entry("z", i, 0)})</span>
    <span>= ${state.activation}(${coloured("z", format(z[i][0]))})</span>
    <span>= <b class="q-a" data-value="${a[i][0]}">${format(a[i][0])}</b></span></div></div>`;
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

/** The whole figure as markup, for a state as the model holds it. It is inert until it lives. */
export function markup(state) {
  const [W, a_prev, b, z, a] = matrices(state).map(matrix);
  const names = Object.keys(activations).map((name) => (
    `<option${name === state.activation ? " selected" : ""}>${name}</option>`));
  return `<div class="live layer-forward" role="group" aria-label="Live figure: a layer forward" inert>
    ${question(asked(state), [["1", "it grows"], ["-1", "it shrinks"], ["0", "no change"]])}
    <div class="layer">
      <div>${W}${a_prev}</div>
      <div><span class="operator">+</span>${b}</div>
      <div><span class="operator">=</span>${z}</div>
      <div><div class="sigma"><label class="name"><i>σ</i> <select>${names.join("")}</select></label>
        <div class="plot">${curve(state, 0)}</div></div>${a}</div>
    </div>
    <div class="result">${sum(state, 0, null)}</div>
    ${tools()}
  </div>
  ${table("A layer forward", matrices(state))}`;
}

const STATE = ["a_prev", "W", "b", "activation"];
const read = (model, keys = [...STATE, "entry", "bound"]) => Object.fromEntries(keys.map((key) => [key, model.get(key)]));

function write(model, state) {
  for (const [key, value] of Object.entries(state)) model.set(key, value);
  model.save_changes();
}

/** A copy of the matrix with x at (i, j). */
const put = (M, i, j, x) => M.map((row, k) => (k === i ? row.map((y, n) => (n === j ? x : y)) : row));

/** The state as text for a link, and back; null unless every number of it could have been typed here. */
const linked = ({ activation, ...state }) => ({
  ...Object.fromEntries(MOVABLE.map((name) => [name, state[name].map((row) => row.join()).join(";")])), activation,
});
function unlinked(link, state) {
  const activation = link.get("activation");
  const row = (text) => text.split(",").map((x) => parse(x, state.bound));
  const rows = (name) => (link.get(name) ?? "").split(";").map(row);
  const numbers = MOVABLE.map((name) => [name, rows(name)]);
  const fits = numbers.every(([name, M]) => M.length === state[name].length
    && M.every((row, i) => row.length === state[name][i].length && row.every((x) => typeof x === "number")));
  return fits && Object.hasOwn(activations, activation) ? { ...Object.fromEntries(numbers), activation } : null;
}

export default () => {
  let initial;
  return {
    /** Once for a model: its value and the entry it stands for follow each other. */
    initialize({ model }) {
      initial = read(model, STATE);
      const current = () => {
        const [name, i, j] = place(model.get("entry"));
        return { name, i, j, x: model.get(name)[i][j] };
      };
      const follow = () => {
        if (model.get("value") !== current().x) write(model, { value: current().x });
      };
      const lead = () => {
        const { name, i, j, x } = current();
        const value = model.get("value");
        if (value === x) return;
        if (Math.abs(value) <= model.get("bound")) write(model, { [name]: put(model.get(name), i, j, value) });
        else follow();
      };
      const events = [...[...MOVABLE, "entry"].map((name) => [`change:${name}`, follow]), ["change:value", lead]];
      for (const [event, listener] of events) model.on(event, listener);
      return () => events.forEach(([event, listener]) => model.off(event, listener));
    },

    /** Once for a view. */
    render({ model, el }) {
      const view = new AbortController();
      const { signal } = view;
      let row = 0; // the unit whose sum is shown, and the term of it that is pointed at
      let hot = null;
      el.innerHTML = markup(read(model));
      const root = el.firstElementChild;
      root.inert = false;
      const find = (selector) => root.querySelector(selector);
      const { tell, say } = announcer(root);
      const light = lighting(root, signal);

      function refresh() {
        const state = read(model);
        for (const { name, M } of matrices(state)) paint(root, name, M);
        find("select").value = state.activation;
        patch(find(".plot"), curve(state, row));
        patch(find(".result"), sum(state, row, hot));
        for (const cell of root.querySelectorAll(".entry")) {
          const { name, row: i, column: j } = cell.dataset;
          const term = name === "W" ? j : name === "a_prev" ? i : state.W[0].length;
          const inRow = name === "a_prev" || Number(i) === row;
          cell.classList.toggle("on", inRow && name !== "a_prev");
          cell.classList.toggle("hot", inRow && MOVABLE.includes(name) && Number(term) === hot);
        }
        light();
      }

      /** Show the sum that the cell belongs to, with its term. */
      function select({ target }) {
        const cell = target.closest(".entry");
        if (!cell) return;
        const [i, j] = [Number(cell.dataset.row), Number(cell.dataset.column)];
        const [r, h] = {
          W: [i, j], a_prev: [row, i], b: [i, model.get("W")[0].length],
        }[cell.dataset.name] ?? [i, null];
        if (r === row && h === hot) return;
        [row, hot] = [r, h];
        refresh();
      }
      for (const type of ["pointerover", "focusin"]) root.addEventListener(type, select, { signal });

      /** Do what the reader did, and say what came of it. */
      function act(words, state) {
        write(model, state);
        const { z, a } = compute(read(model));
        say(`${words}; z row ${row + 1}: ${spoken(z[row][0])}; a row ${row + 1}: ${spoken(a[row][0])}`);
        tell("");
      }
      function move({ dataset: { name, row: i, column: j } }, x) {
        const [r, c] = [Number(i), Number(j)];
        act(`${inWords(name, r, c)}: ${spoken(x)}`, { [name]: put(model.get(name), r, c, x) });
      }
      function random() {
        const any = () => Math.round(40 * Math.random() - 20) / 10;
        act("random example", Object.fromEntries(MOVABLE.map((name) => [name, model.get(name).map((r) => r.map(any))])));
      }
      /** The table is seen in print alone. */
      function retable() {
        el.querySelector("table").outerHTML = table("A layer forward", matrices(read(model)));
      }
      matchMedia("print").addEventListener("change", retable, { signal });
      const on = (selector, event, listener) => find(selector).addEventListener(event, listener, { signal });
      movable(root, model.get("bound"), move, tell, signal);
      answering(root, "layer_forward", (choice) => judge(read(model), choice), signal);
      on("select", "change", ({ target }) => act(`σ is ${target.value}`, { activation: target.value }));
      on('[data-action="reset"]', "click", () => act("reset", initial));
      on('[data-action="random"]', "click", random);

      // A page has an address to keep the state in; a notebook has Python.
      const page = el.dataset.model;
      const restore = () => {
        const link = readLink(page);
        const state = link && unlinked(link, read(model));
        if (!state) return;
        write(model, state);
        root.scrollIntoView({ block: "nearest" });
      };
      if (page) {
        on('[data-action="link"]', "click", async () => tell(await copyLink(page, linked(read(model, STATE)))));
        addEventListener("hashchange", restore, { signal });
        restore();
      } else find('[data-action="link"]').remove();

      const reask = () => { find(".asked span").innerHTML = asked(read(model)); };
      const events = [...STATE.map((key) => [`change:${key}`, refresh]), ["change:entry", reask]];
      for (const [event, listener] of events) model.on(event, listener);
      refresh();
      return () => {
        view.abort();
        for (const [event, listener] of events) model.off(event, listener);
      };
    },
  };
};
