// Brings the live figures of a static page to life, without a kernel and without a server.
//
// It is a host for anywidget's front-end modules (https://anywidget.dev/en/afm/): a model for each widget of the saved
// state, its default export's initialize once per model and render once per view. Beside figures it shows the few
// ipywidgets controls that a chapter puts next to one, and it keeps jslink and jsdlink.
//
// The scripts of the figures, loaded before this one, hold their modules as text, and one holds what all modules need.
// A module is imported from a blob: address, since a page opened from disk may not import a file.
(() => {
  "use strict";
  const state = document.getElementById("figure-models");
  if (!state) return;

  /** What a module may ask of its model. Changes are told at once; there is no kernel to save them to. */
  class Model {
    #state;
    #listeners = new Map();
    constructor(state) { this.#state = state; }
    get(key) { return this.#state[key]; }
    set(key, value) {
      if (JSON.stringify(this.#state[key]) === JSON.stringify(value)) return;
      this.#state[key] = value;
      for (const listener of [...this.#listeners.get(`change:${key}`) ?? []]) listener();
    }
    on(event, listener) {
      if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
      this.#listeners.get(event).add(listener);
    }
    off(event, listener) {
      if (event && listener) this.#listeners.get(event)?.delete(listener);
      else if (event) this.#listeners.delete(event);
      else this.#listeners.clear();
    }
    save_changes() {}
    send() {}
  }

  const saved = JSON.parse(state.textContent);
  const models = new Map(Object.entries(saved).map(([id, { state }]) => [id, new Model(state)]));
  const named = (reference) => reference.replace("IPY_MODEL_", "");
  const page = new AbortController();
  const cleanups = [];

  /** The module of a figure, imported once for the page. */
  const modules = new Map();
  function load(figure) {
    if (!modules.has(figure)) {
      const address = URL.createObjectURL(new Blob([self.figureModules.shared, self.figureModules[figure]], { type: "text/javascript" }));
      modules.set(figure, import(address).finally(() => URL.revokeObjectURL(address)));
    }
    return modules.get(figure);
  }

  /** The widget of a model, made and initialized once, however many views it has. */
  const widgets = new Map();
  function widget(id) {
    if (!widgets.has(id)) {
      widgets.set(id, load(saved[id].figure).then(async ({ default: made }) => {
        const widget = typeof made === "function" ? await made() : made;
        cleanups.push(await widget.initialize?.({ model: models.get(id), signal: page.signal }));
        return widget;
      }));
    }
    return widgets.get(id);
  }

  async function figure(model, el, id) {
    const { render } = await widget(id);
    cleanups.push(await render?.({ model, el, signal: page.signal }));
  }

  /** A control with its description; `input` shows the model in it, and says what the reader made of it. */
  function control(model, el, input, trait, show, read) {
    const label = document.createElement("label");
    const text = document.createElement("span");
    text.textContent = model.get("description");
    input.disabled = model.get("disabled");
    label.append(text, input);
    el.append(label);
    input.addEventListener("input", () => {
      model.set(trait, read());
      model.save_changes();
    });
    model.on(`change:${trait}`, show);
    show();
  }

  function slider(model, el) {
    const input = document.createElement("input");
    const output = document.createElement("output");
    const digits = /\.(\d+)f/.exec(model.get("readout_format"))?.[1] ?? 0;
    Object.assign(input, { type: "range", min: model.get("min"), max: model.get("max"), step: model.get("step") });
    control(model, el, input, "value", () => {
      input.value = model.get("value");
      output.textContent = model.get("value").toFixed(digits).replace("-", "−");
      input.setAttribute("aria-valuetext", output.textContent.replace("−", "minus "));
    }, () => input.valueAsNumber);
    if (model.get("readout")) el.append(output);
  }

  function dropdown(model, el) {
    const select = document.createElement("select");
    for (const text of model.get("_options_labels")) select.append(new Option(text));
    control(model, el, select, "index", () => { select.selectedIndex = model.get("index") ?? -1; },
      () => select.selectedIndex);
  }

  function checkbox(model, el) {
    const input = document.createElement("input");
    input.type = "checkbox";
    control(model, el, input, "value", () => { input.checked = model.get("value"); }, () => input.checked);
  }

  async function box(model, el) {
    const children = model.get("children").map(view);
    el.append(...await Promise.all(children));
  }

  const views = {
    AnyModel: figure, FloatSliderModel: slider, IntSliderModel: slider, DropdownModel: dropdown,
    CheckboxModel: checkbox, HBoxModel: box, VBoxModel: box,
  };

  /** A view of a model: an element that knows which. */
  async function view(reference) {
    const id = named(reference);
    const el = document.createElement("div");
    el.dataset.model = id;
    el.className = `widget ${saved[id].model}`;
    await views[saved[id].model](models.get(id), el, id);
    return el;
  }

  function link() {
    for (const { model, state: { source, target } } of Object.values(saved)) {
      if (!/LinkModel$/.test(model)) continue;
      const copy = ([from, trait], [to, name]) => () => {
        const model = models.get(named(to));
        model.set(name, models.get(named(from)).get(trait));
        model.save_changes();
      };
      models.get(named(source[0])).on(`change:${source[1]}`, copy(source, target));
      if (model === "LinkModel") models.get(named(target[0])).on(`change:${target[1]}`, copy(target, source));
      copy(source, target)();
    }
  }

  // A page comes to life when one of its figures nears the screen, with the first key, which may lead to any of them, or
  // for a link to a state: until then a figure is a picture, and costs nothing while the page opens.
  const points = [...document.querySelectorAll(".figure[data-model]")];
  const asleep = new AbortController();
  function wake() {
    asleep.abort();
    near.disconnect();
    link();
    for (const point of points) {
      view(point.dataset.model).then((el) => point.replaceChildren(el), (error) => console.error(error));
    }
  }
  const near = new IntersectionObserver((seen) => seen.some(({ isIntersecting }) => isIntersecting) && wake(), { rootMargin: "100%" });
  points.forEach((point) => near.observe(point));
  for (const event of ["keydown", "hashchange"]) addEventListener(event, wake, { signal: asleep.signal });
  if (location.hash.startsWith("#figure=")) wake();

  addEventListener("pagehide", ({ persisted }) => {
    if (persisted) return; // the page may come back as it is
    page.abort();
    for (const cleanup of cleanups) cleanup?.();
  });
})();
