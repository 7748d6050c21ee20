// A question that marks itself: a number to type, or an entry to choose in a matrix. `judge` is what `Question.judge` is in
// Python. Needs no other module: every question of a notebook is saved with all of its own.

const READ = /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)(?: *\/ *([0-9]+\.?[0-9]*|\.[0-9]+))?$/i;
const THOUSANDS = /^[0-9]{1,3}(?:,[0-9]{3})+$/; // 93,000 is read as a decimal, unless that misses
const WHERE = "To be answered where scripts run: on this page, or in Jupyter.";

function judgeNumber({ answer, slips, digits }, given) {
  const text = given.replace(/^ +| +$/g, "");
  if (!text) return ["unread", "Write a number first."];
  if (THOUSANDS.test(text) && Number(text.replaceAll(",", "")) === answer) return ["right", "Right."];
  const found = READ.exec(text.replace(/[−–]/g, "-").replaceAll(",", "."));
  const x = found ? Number(found[1]) / Number(found[2] ?? 1) : NaN;
  if (!Number.isFinite(x)) return ["unread", `“${text}” cannot be read as a number: write 0.5, −3, 1e−4 or 1/2.`];
  const tolerance = 5 / 10 ** digits;
  const meets = (y) => Math.abs(x - y) <= tolerance * Math.abs(y);
  if (meets(answer)) return ["right", "Right."];
  const slip = slips.find(([y]) => meets(y));
  if (slip) return ["wrong", slip[1]];
  if (Math.abs(x - answer) <= 10 * tolerance * Math.abs(answer)) return ["wrong", `Close: give ${digits} digits, or a fraction.`];
  if (answer === 0) return ["wrong", "The size is not right."];
  if (x === 0) return ["wrong", "It is not zero."];
  return ["wrong", x * answer > 0 ? "The sign is right, the size is not." : "Neither the sign nor the size is right."];
}

function judgeEntry({ cells, answer: [row, column], slips }, [i, j]) {
  if (i === row && j === column) return ["right", "Right."];
  const slip = slips.find(([[k, n]]) => i === k && j === n);
  if (slip) return ["wrong", slip[1]];
  if (cells.length === 1 || cells[0].length === 1) return ["wrong", "Not this one."];
  if (i === row) return ["wrong", "The row is right, the column is not."];
  return ["wrong", j === column ? "The column is right, the row is not." : "Neither the row nor the column is right."];
}

/** What is said of an answer, a text or the place of an entry: its verdict (right, wrong, or unread, which is no attempt)
 *  and words for the reader. */
export const judge = (state, given) => (state.cells.length ? judgeEntry : judgeNumber)(state, given);

const plainly = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const aloud = (text) => text.replaceAll("−", "minus ");

/** The question as markup; it is inert until it lives. */
export function markup({ ask, cells, kind, digits }) {
  const asks = plainly(ask);
  const cell = (text, i, j) => `<button type="button" data-row="${i}" data-column="${j}" aria-pressed="false"
    aria-label="row ${i + 1}, column ${j + 1}: ${plainly(aloud(text))}">${plainly(text)}</button>`;
  const part = cells.length
    ? `<p>${asks}</p><div class="cells q-${kind}" role="group" aria-label="${asks}" style="--columns:${cells[0].length}">${
      cells.map((row, i) => row.map((text, j) => cell(text, i, j)).join("")).join("")}</div>`
    : `<label>${asks} = <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
      title="A number or a fraction; ${digits} digits are enough"></label> <button>Check</button>`;
  return `<form class="marked" inert>${part}<p class="said" role="status"></p>
    <p class="where">${WHERE}</p></form>`;
}

export default {
  render({ model, el }) {
    const life = new AbortController();
    const state = Object.fromEntries(["exercise", "ask", "cells", "answer", "slips", "digits", "kind"].map((key) => [key, model.get(key)]));
    el.innerHTML = markup(state);
    const form = el.firstElementChild;
    const said = form.querySelector(".said");
    form.inert = false;

    /** Judge, say it, and let the page know of a right answer. */
    function answered(given) {
      const [verdict, words] = judge(state, given);
      form.dataset.verdict = verdict;
      said.textContent = `${{ right: "✓ ", wrong: "✗ " }[verdict] ?? ""}${words}`;
      if (verdict === "right") form.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: state.exercise }));
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!state.cells.length) answered(form.querySelector("input").value);
    }, life);
    form.addEventListener("click", ({ target }) => {
      const chosen = target.closest("[data-row]");
      if (!chosen) return;
      for (const cell of form.querySelectorAll("[data-row]")) cell.setAttribute("aria-pressed", cell === chosen);
      answered([Number(chosen.dataset.row), Number(chosen.dataset.column)]);
    }, life);
    return () => life.abort();
  },
};
