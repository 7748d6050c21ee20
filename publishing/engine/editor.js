// An editor for an equation on a page: the LaTeX of its cell, and beside it what the engine says of it while it is typed.
// What is typed is data: it is read by the engine and shown as text, never as markup.

import { readSource } from "./cells.js";
import { EquationError } from "./errors.js";
import { facts } from "./facts.js";
import { hintAt } from "./hints.js";
import { Session } from "./session.js";
import { LANGUAGE, asLatex } from "./typed.js";

const PAUSE = 250; // milliseconds without a key before what stands there is checked

/** What a page knows under the cells `above`: the sources of those, and `given`, the lines of the chapter that take
 *  definitions over, each with the number of cells above it. */
function sessionUnder(above, given) {
  const session = new Session();
  const give = (count) => given.filter(([position]) => position === count).forEach(([, line]) => session.give(line));
  above.forEach((cell, count) => {
    give(count);
    if (cell.startsWith("%%definition")) session.take(cell);
  });
  give(above.length);
  return session;
}

/** The verdict on a cell: {status, lines}. */
export const verdictOn = (source, above, given) => verdictIn(sessionUnder(above, given), source);

function verdictIn(session, source) {
  try {
    const outcomes = session.run(source);
    return { status: outcomes[0].status, lines: [...new Set(outcomes.flatMap(({ report }) => report))] };
  } catch (error) {
    if (!(error instanceof EquationError)) throw error;
    return { status: "stopped", lines: [error.message] };
  }
}

/** The verdict on an exercise's cell, whose answer may be typed as in NumPy: with it the LaTeX that was `read`, if it was, and
 *  if the answer is wrong a function that looks for a `hint`. `asked` is the left side, as the exercise prints it. */
export function answerOn(source, asked, session) {
  const [lineOne, ...body] = source.split("\n");
  try {
    const { conditions } = readSource(`${lineOne}\n?`), [program, runs] = session.program(conditions.world);
    const answer = body.join("\n").trim(), latex = asLatex(answer, asked, conditions, program);
    const verdict = verdictIn(session, `${lineOne}\n${latex}`);
    return { ...verdict, read: latex === answer ? null : latex,
      hint: verdict.status === "wrong" ? () => hintAt(latex, conditions, program, runs) : () => null };
  } catch (error) {
    if (!(error instanceof EquationError)) throw error;
    return { status: "wrong", lines: [`Not an answer yet: ${error.message}`], read: null, hint: () => null };
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

/** What an answer may be typed with, folded. */
function howToType() {
  const rows = LANGUAGE.map(([typed, meaning]) => element("tr", {}, element("td", {}, element("code", { textContent: typed })),
    element("td", { textContent: meaning })));
  return element("details", {}, element("summary", { textContent: "In LaTeX, or as in NumPy: what can be typed" }),
    element("table", {}, element("tbody", {}, ...rows)));
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
  const [lineOne, ...body] = sourceOf(block).split("\n"), printed = body.join("\n"), given = facts.given[page] ?? [];
  const asked = lineOne.startsWith("%%exercise") ? printed.split("=")[0].trim() : null; // the left side of an exercise
  const session = asked && sessionUnder(above, given);

  const area = element("textarea", { value: printed, rows: Math.min(12, Math.max(2, body.length)), spellcheck: false,
    autocapitalize: "off", autocomplete: "off" });
  const said = element("div", { className: "said", role: "status" });
  const again = element("button", { type: "button", textContent: "As printed" });
  const close = element("button", { type: "button", textContent: "Close" });
  const editor = element("div", { className: "editor" },
    element("label", {}, element("code", { textContent: lineOne }), area), ...(asked ? [howToType()] : []), said,
    element("p", {}, again, close));

  let waiting;
  function check() {
    clearTimeout(waiting);
    const source = `${lineOne}\n${area.value}`;
    const { status, lines, read, hint } = asked ? answerOn(source, asked, session) : verdictOn(source, above, given);
    const [sign, words] = facts.marks[status] ?? ["✗", "not accepted"];
    said.dataset.status = status;
    said.ariaBusy = "false";
    said.replaceChildren(
      element("strong", {}, element("span", { ariaHidden: "true", textContent: sign }), ` ${words}`),
      // The notebook's words: there an answer is given by running the cell, here by typing it.
      ...lines.map((line) => element("p", { textContent: line.replace(" and run the cell", "") })),
      ...(read ? [element("p", {}, "Read as ", element("code", { textContent: read }))] : []));
    if (status === "wrong" && hint) waiting = setTimeout(() => said.append(element("p", { textContent: hint() ?? "" })));
    if (status === "right") block.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: labelIn(lineOne) }));
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
