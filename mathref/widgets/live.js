import {
  announcer, answering, copyLink, lighting, movable, parse, patch, question, readLink, spoken, table, tools,
} from "./parts.js";

// The life of a figure, whatever it shows. A figure describes itself by an object:
//
//   name      as its files are called
//   title     what it shows, in a few words
//   movable   the matrices that can be moved, as the model calls them
//   bounds    {matrix: [least, greatest]} where its entries do not reach as far as `bound`; may lack
//   options   what else can be chosen: {trait: {values: all that it can be, words: (value) => what it means}};
//             an element with data-trait chooses, a <select> among all values, a button between two; where more changes
//             with it: change: (state, value) => all that changes, or, as text, why it cannot
//   view      what is pointed at when it opens; it belongs to a view, not to the model
//   pointed   (state) => {part of the view: all that it can be}, the parts that a link keeps
//   place     (entry) => [matrix, i, j], where the entry w_12 stands
//   words     (matrix, i, j) => an entry in words
//   matrices  (state) => its quantities, as `matrix` takes them, for the table
//   asked     (state) => the question it opens with, as markup; judge: (state, choice) => the reply
//   answers   the choices, [[choice, in words], …]; SIGNS if it lacks
//   body      (state, view) => all the rest of it, as markup
//   select    (data of what is pointed at, state, view) => the view then
//   actions   {name: (state, view, data) => the view after the element with this data-action and more data}
//   example   () => the matrices of a random example, if small numbers everywhere would not do; may lack
//   steps     if it is told step by step, with a `stepper`: {count: (state) => how many, at: (state, view) => the step
//             it stands at, counted from 1, to: (state, view, k) => the view at step k}
//   sizes     if shapes can be chosen: {name: {words: (value) => what it means, resize: (state, value) => the matrices
//             that change, or, as text, why they cannot}}, chosen by a <select> with data-size; then fits: (state) =>
//             whether all shapes fit together, and first: the entry to stand for where the one it stood for is gone
//   alive     (root, {state: () => the state, act: (words, changes) => do and say it}, signal), if more than cells can be
//             moved; may lack
//   result    (state, view) => what a reader who does not see is told after a change

const SIGNS = [["1", "it grows"], ["-1", "it shrinks"], ["0", "no change"]];
const PACE = 1400; // milliseconds from step to step

/** A copy of the matrix with x at (i, j). */
const put = (M, i, j, x) => M.map((row, k) => (k === i ? row.map((y, n) => (n === j ? x : y)) : row));

/** The whole figure as markup, for a state as the model holds it. It is inert until it lives. */
export function drawn({ name, title, matrices, asked, answers = SIGNS, body, view }, state) {
  return `<div class="live ${name.replaceAll("_", "-")}" role="group" aria-label="Live figure: ${title}" inert>
    ${question(asked(state), answers)}
    <div class="board">${body(state, view)}</div>
    ${tools()}
  </div>
  ${table(title, matrices(state))}`;
}

/** What anywidget asks of a figure's module. */
export function live(figure) {
  const traits = [...figure.movable, ...Object.keys(figure.options)];
  const read = (model, keys = [...traits, "entry", "bound"]) => (
    Object.fromEntries(keys.map((key) => [key, model.get(key)])));
  let writing = 0; // what follows while several values are set is sent together with them: half a change may not fit
  const write = (model, state) => {
    writing += 1;
    for (const [key, value] of Object.entries(state)) model.set(key, value);
    writing -= 1;
    if (!writing) model.save_changes();
  };
  const bound = (name, everywhere) => figure.bounds?.[name] ?? everywhere;
  let initial;

  /** The state as text for a link, and back; null unless every number of it could have been typed here. */
  const linked = (state, view) => Object.fromEntries([
    ...figure.movable.map((name) => [name, state[name].map((row) => row.join()).join(";")]),
    ...Object.keys(figure.options).map((name) => [name, state[name]]),
    ...Object.keys(figure.pointed(state)).map((part) => [part, view[part]]),
  ]);
  function unlinked(link, state) {
    const rows = (name) => (link.get(name) ?? "").split(";").map((row) => row.split(",").map((x) => parse(x, bound(name, state.bound))));
    const numbers = figure.movable.map((name) => [name, rows(name)]);
    const same = (then) => numbers.every(([name]) => then[name].length === state[name].length
      && then[name].every((row, i) => row.length === state[name][i].length));
    const sound = numbers.every(([, M]) => M.every((row) => row.length === M[0].length && row.every((x) => typeof x === "number")));
    const named = (name, values) => values.find((value) => String(value) === link.get(name));
    const chosen = Object.entries(figure.options).map(([name, { values }]) => [name, named(name, values)]);
    if (!sound || chosen.some(([, value]) => value === undefined)) return null;
    const then = Object.fromEntries([...numbers, ...chosen]);
    if (!(figure.fits ?? same)(then)) return null;
    const pointed = Object.entries(figure.pointed(then)).map(([part, values]) => [part, named(part, values)]);
    return { state: then, view: Object.fromEntries(pointed.filter(([, value]) => value !== undefined)) };
  }

  return {
    /** Once for a model: its value and the entry it stands for follow each other. */
    initialize({ model }) {
      initial = read(model, [...traits, "entry"]);
      const current = () => {
        const [name, i, j] = figure.place(model.get("entry"));
        return { name, i, j, x: model.get(name)[i]?.[j] };
      };
      let away; // the entry that is meant, while the shapes leave no place for it
      const follow = () => {
        const { x } = current();
        const [entry, first] = [model.get("entry"), figure.first];
        if (x === undefined) {
          away = entry;
          write(model, { entry: first });
          return;
        }
        if (entry !== first) away = undefined; // another was chosen meanwhile
        const [name, i, j] = figure.place(away ?? entry);
        if (away && model.get(name)[i]?.[j] !== undefined) write(model, { entry: away });
        else if (model.get("value") !== x) write(model, { value: x });
      };
      const lead = () => {
        const { name, i, j, x } = current();
        const value = model.get("value");
        if (value === x) return;
        if (typeof parse(String(value), bound(name, model.get("bound"))) === "number") write(model, { [name]: put(model.get(name), i, j, value) });
        else follow();
      };
      const events = [...[...figure.movable, "entry"].map((name) => [`change:${name}`, follow]), ["change:value", lead]];
      for (const [event, listener] of events) model.on(event, listener);
      return () => events.forEach(([event, listener]) => model.off(event, listener));
    },

    /** Once for a view. */
    render({ model, el }) {
      const life = new AbortController();
      const { signal } = life;
      let view = figure.view;
      el.innerHTML = drawn(figure, read(model));
      const root = el.firstElementChild;
      root.inert = false;
      const find = (selector) => root.querySelector(selector);
      const on = (type, selector, listener) => root.addEventListener(type, ({ target }) => {
        const element = target.closest(selector);
        if (element) listener(element);
      }, { signal });
      const { tell, say } = announcer(root);
      const light = lighting(root, signal);

      function refresh() {
        const state = read(model);
        patch(find(".asked span"), figure.asked(state));
        patch(find(".board"), figure.body(state, view));
        settle();
        light();
      }
      let waiting = false; // matrices that change together are drawn together
      function changed() {
        if (waiting) return;
        waiting = true;
        queueMicrotask(() => {
          waiting = false;
          if (!signal.aborted) refresh();
        });
      }
      function look(next) {
        if (JSON.stringify(next) === JSON.stringify(view)) return;
        view = next;
        refresh();
      }
      for (const type of ["pointerover", "focusin"]) {
        on(type, "[data-name]", ({ dataset: { name, row, column } }) => (
          look(figure.select({ name, i: Number(row), j: Number(column) }, read(model), view))));
      }

      /** Do what the reader did, and say what came of it. */
      function act(words, state) {
        write(model, state);
        say(`${words}; ${figure.result(read(model), view)}`);
        tell("");
      }
      movable(root, ({ dataset: { name, row, column } }, x) => {
        const [i, j] = [Number(row), Number(column)];
        act(`${figure.words(name, i, j)}: ${spoken(x)}`, { [name]: put(model.get(name), i, j, x) });
      }, tell, signal);
      figure.alive?.(root, { state: () => read(model), act }, signal);
      const settle = answering(root, figure.name, (choice) => figure.judge(read(model), choice), () => JSON.stringify(read(model, traits)), signal);

      const { steps, sizes } = figure;
      let timer;
      const play = (playing) => {
        clearInterval(timer);
        timer = playing ? setInterval(() => step(1), PACE) : undefined;
        look({ ...view, playing });
      };
      const pause = () => timer && play(false); // whoever takes hold of a figure that plays is not run over
      for (const type of ["pointerdown", "focusin"]) on(type, ".movable", pause);

      const choose = (trait, value) => {
        const { words, change = () => ({ [trait]: value }) } = figure.options[trait];
        return take(words(value), change(read(model), value));
      };
      /** Do what was chosen; or say why it cannot be, and choose again what was. */
      function take(words, changes) {
        if (typeof changes === "object") act(words, changes);
        else {
          tell(changes);
          for (const option of root.querySelectorAll("option")) option.selected = option.defaultSelected;
        }
      }
      on("change", "select[data-trait]", ({ dataset: { trait }, value }) => {
        pause();
        choose(trait, figure.options[trait].values.find((one) => String(one) === value));
      });
      on("click", "button[data-trait]", ({ dataset: { trait } }) => {
        pause();
        root.classList.add(`chose-${trait}`); // what turns, turns only when asked to
        choose(trait, figure.options[trait].values.find((value) => value !== model.get(trait)));
      });
      for (const [name, action] of Object.entries(figure.actions)) {
        on("click", `[data-action="${name}"]`, ({ dataset }) => {
          pause();
          look(action(read(model), view, dataset));
          say(figure.result(read(model), view));
        });
      }
      function step(by) {
        const state = read(model);
        const count = steps.count(state);
        const next = Math.max(steps.at(state, view) + by, 1);
        const k = next > count ? 1 : next;
        look(steps.to(state, view, k));
        if (k === count) play(false);
        say(figure.result(state, view));
      }
      if (steps) {
        for (const [name, by] of [["back", -1], ["forward", 1]]) {
          on("click", `[data-action="${name}"]`, () => {
            play(false);
            step(by);
          });
        }
        on("click", '[data-action="play"]', () => {
          play(!view.playing);
          if (view.playing) step(1);
        });
        signal.addEventListener("abort", () => clearInterval(timer));
      }
      on("change", "select[data-size]", ({ dataset: { size }, value }) => {
        pause();
        root.classList.remove(...traits.map((trait) => `chose-${trait}`));
        take(sizes[size].words(value), sizes[size].resize(read(model), value));
      });
      on("click", '[data-action="reset"]', () => {
        clearInterval(timer);
        view = figure.view;
        refresh();
        act("reset", initial);
      });
      on("click", '[data-action="random"]', () => {
        const any = ([low, high]) => Math.round(10 * (low + (high - low) * Math.random())) / 10;
        const example = (name) => model.get(name).map((row) => row.map(() => any(bound(name, [-2, 2]))));
        act("random example", figure.example?.() ?? Object.fromEntries(figure.movable.map((name) => [name, example(name)])));
      });

      // The table is seen in print alone.
      matchMedia("print").addEventListener("change", () => {
        el.querySelector("table").outerHTML = table(figure.title, figure.matrices(read(model)));
      }, { signal });

      // A page has an address to keep the state in; a notebook has Python.
      const page = el.dataset.model;
      const restore = () => {
        const link = readLink(page);
        const found = link && unlinked(link, read(model));
        if (!found) return;
        write(model, found.state);
        look({ ...view, ...found.view });
        root.scrollIntoView({ block: "nearest" });
      };
      if (page) {
        on("click", '[data-action="link"]', async () => tell(await copyLink(page, linked(read(model), view))));
        addEventListener("hashchange", restore, { signal });
        restore();
      } else find('[data-action="link"]').remove();

      const events = [...traits, "entry"].map((key) => [`change:${key}`, changed]);
      for (const [event, listener] of events) model.on(event, listener);
      refresh();
      return () => {
        life.abort();
        for (const [event, listener] of events) model.off(event, listener);
      };
    },
  };
}
