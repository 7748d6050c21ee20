// An editor for an equation on a page: the LaTeX of its cell, and beside it what the engine says of it while it is typed.
// What is typed is data: it is read by the engine and shown as text, never as markup.

import { EquationError } from "./errors.js";
import { facts } from "./facts.js";
import { Session } from "./session.js";

const PAUSE = 250; // milliseconds without a key before what stands there is checked

/** The verdict on a cell: {status, lines}. `above` are the sources of the cells above it, `given` the lines of the chapter
 *  that take definitions over, each with the number of cells above it. */
export function verdictOn(source, above, given) {
  const session = new Session();
  const give = (count) => given.filter(([position]) => position === count).forEach(([, line]) => session.give(line));
  above.forEach((cell, count) => {
    give(count);
    if (cell.startsWith("%%definition")) session.take(cell);
  });
  give(above.length);
  try {
    const outcomes = session.run(source);
    return { status: outcomes[0].status, lines: [...new Set(outcomes.flatMap(({ report }) => report))] };
  } catch (error) {
    if (!(error instanceof EquationError)) throw error;
    return { status: "stopped", lines: [error.message] };
  }
}

/** The source of an equation's cell, as the page shows it. */
const sourceOf = (block) => block.querySelector(".report pre").textContent.trim();

/** The label on line one of a cell, such as ex-fc-grad-x. */
const labelIn = (lineOne) => lineOne.split(/\s+/)[1];

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const styled = new Set();
/** Give the page the rules of the editor, once. */
function style() {
  if (styled.has(document)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(facts.style);
  document.adoptedStyleSheets.push(sheet);
  styled.add(document);
}

/** Open the editor of a block of the page, under its equation; `button` opened it and gets the focus back. */
export function open(block, button) {
  style();
  const blocks = [...document.querySelectorAll("div.equation")];
  const above = blocks.slice(0, blocks.indexOf(block)).map(sourceOf);
  const page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
  const [lineOne, ...body] = sourceOf(block).split("\n"), printed = body.join("\n");

  const area = element("textarea", { value: printed, rows: Math.min(12, Math.max(2, body.length)), spellcheck: false,
    autocapitalize: "off", autocomplete: "off" });
  const said = element("div", { className: "said", role: "status" });
  const again = element("button", { type: "button", textContent: "As printed" });
  const close = element("button", { type: "button", textContent: "Close" });
  const editor = element("div", { className: "editor" },
    element("label", {}, element("code", { textContent: lineOne }), area), said, element("p", {}, again, close));

  let waiting;
  function check() {
    clearTimeout(waiting);
    const { status, lines } = verdictOn(`${lineOne}\n${area.value}`, above, facts.given[page] ?? []);
    const [sign, words] = facts.marks[status] ?? ["✗", "not accepted"];
    said.dataset.status = status;
    said.ariaBusy = "false";
    said.replaceChildren(
      element("strong", {}, element("span", { ariaHidden: "true", textContent: sign }), ` ${words}`),
      // The notebook's words: there an answer is given by running the cell, here by typing it.
      ...lines.map((line) => element("p", { textContent: line.replace(" and run the cell", "") })));
    if (status === "right") block.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: { id: labelIn(lineOne) } }));
  }
  function leave() {
    clearTimeout(waiting);
    editor.remove();
    button.hidden = false;
    button.focus();
  }
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    said.ariaBusy = "true"; // what it says is of what stood there before
    waiting = setTimeout(check, PAUSE);
  });
  again.addEventListener("click", () => {
    area.value = printed;
    check();
    area.focus();
  });
  close.addEventListener("click", leave);
  editor.addEventListener("keydown", (event) => event.key === "Escape" && leave());

  button.hidden = true;
  block.append(editor);
  check();
  area.focus();
}
