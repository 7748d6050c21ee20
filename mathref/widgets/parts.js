// The shared parts of every figure. What returns markup is a pure function of numbers, so that the site's build can
// call it and a page shows its figures before, or without, any script; what takes a `root` brings the markup to life.

/** A number for the eye: two digits and a true minus; a small one keeps its leading digit, a large one its first two. */
export function format(x) {
  const size = Math.abs(x);
  const digits = x !== 0 && size < 0.005 ? x.toExponential(0) : size < 99999.5 ? x.toFixed(2) : x.toExponential(1);
  return digits.replaceAll("-", "−").replace("e+", "e");
}

/** A number as the second factor of a product: (−0.60). */
export const factor = (x) => (x < 0 ? `(${format(x)})` : format(x));

/** A number in a sentence. */
export const inSentence = (name, x, text = format(x)) => `<b data-number="${name}" data-value="${x}">${text}</b>`;

/** A number for a screen reader, which may pass over a sign and spells what is no word. */
export const spoken = (x) => format(x).replace("e", " times ten to the ").replaceAll("−", "minus ");

/** The double nearest to what is meant: 0.1 + 0.2 is 0.3. */
const tidy = (x) => Number(x.toFixed(10));

export const transpose = (M) => M[0].map((_, j) => M.map((row) => row[j]));

/** x between −1 and 1, for places and tints: the sign stays, large numbers crowd at the ends. */
export const squeeze = (x) => x / (1 + Math.abs(x));

/** The least and the greatest that an entry may be: `bound` is a number for both sides of 0, or a pair. */
const ends = (bound) => (Array.isArray(bound) ? bound : [-bound, bound]);

/** How deep a number is tinted, in twentieths: in a drag most cells keep theirs, which saves a browser most of its work. */
const tint = (x) => Math.round(20 * Math.abs(squeeze(x))) / 20;

/** The classes a number gives its cell. */
const sign = (x) => `${x < 0 ? " negative" : ""}${["", " long", " longer"][Math.min(2, Math.max(0, format(x).length - 5))]}`;

/**
 * Read what a reader typed.
 * @param {string} text
 * @param {number | [number, number]} bound the largest number allowed, or the least and the greatest
 * @returns {number | string} the number, or what is wrong with it, in words
 */
export function parse(text, bound) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return `“${text.trim()}” is not a number`;
  const x = Number(plain);
  const [low, high] = ends(bound);
  if (x >= low && x <= high) return x;
  const size = x < low && low !== -high ? "small" : "large";
  return `${text.trim()} is too ${size}: an entry lies between ${low} and ${high}`.replace(/(?<!\w)-/g, "−");
}

/**
 * A symbol in the colour of its kind; elements of one quantity light each other up.
 * @param {string} name the quantity, as in Python
 * @param {string} kind the colour
 * @param {string} letter
 * @param {{sup?: string, sub?: string}} scripts
 */
export function symbol(name, kind, letter, { sup = "", sub = "" } = {}) {
  const scripts = `<span class="scripts">${sup && `<sup>${sup}</sup>`}${sub && `<sub>${sub}</sub>`}</span>`;
  return `<span class="symbol q-${kind}" data-quantity="${name}"><i>${letter}</i>${scripts}</span>`;
}

/**
 * A matrix of numbers. A cell of a matrix that can be moved is an input with a small slider for a handle; a cell of
 * one that follows is a button, which asks for its sum; a matrix that stands still is a picture.
 * @param {object} matrix
 * @param {string} matrix.name as in Python
 * @param {string} [matrix.quantity] the quantity that lights up with it, if it is another
 * @param {string} matrix.kind its colour
 * @param {string} matrix.title its symbol, as markup
 * @param {string} matrix.words what it is
 * @param {(i: number, j: number) => string} matrix.entry an entry in words
 * @param {number[][]} matrix.M the numbers
 * @param {number | [number, number]} [matrix.bound] given if its entries can be moved: how far, as `parse` takes it
 * @param {boolean} [matrix.still] whether it is a picture
 * @param {boolean} [matrix.transposed] whether its rows are shown as columns; an entry keeps its indices
 * @param {[number, number]} [matrix.frame] how many rows and columns of zeros stand around it on each side
 * @param {(i: number, j: number) => string} [matrix.mark] the classes that mark an entry
 * @param {(i: number, j: number) => string} [matrix.inside] what stands small in an entry, as markup; the frame counts
 *   on: its first row is −1 or less
 * @param {(i: number, j: number) => boolean} [matrix.covered] whether an entry is not to be seen yet
 * @param {string} [matrix.over] what lies over the cells, as markup
 */
export function matrix({
  name, quantity = name, kind, title, words, entry, M, bound, still, transposed, frame: [above, beside] = [0, 0],
  mark = () => "", inside = () => "", covered = () => false, over = "",
}) {
  const shown = transposed ? transpose(M) : M;
  const [rows, columns] = [shown.length + 2 * above, shown[0].length + 2 * beside];
  const [low, high] = ends(bound);
  const slide = Array.isArray(bound) ? (x) => (2 * x - low - high) / (high - low) : squeeze; // where its handle stands
  const cell = (x, i, j) => {
    const place = `data-name="${name}" data-row="${i}" data-column="${j}"`;
    if (x === undefined) return `<span class="entry frame" ${place}><span>0</span>${inside(i, j)}</span>`;
    if (covered(i, j)) {
      return `<button type="button" class="entry follows covered ${mark(i, j)}" ${place}
        aria-label="${entry(i, j)}: not yet"><span></span>${inside(i, j)}</button>`;
    }
    const manner = still ? "still" : bound ? "movable" : "follows";
    const look = `class="entry ${manner}${sign(x)} ${mark(i, j)}" ${place}
      style="${manner === "movable" ? `--x:${slide(x)};` : ""}--tint:${tint(x)}" data-value="${x}"`;
    if (still) return `<span ${look}><span>${format(x)}</span>${inside(i, j)}</span>`;
    return bound
      ? `<span ${look}><input type="text" role="spinbutton" autocomplete="off" aria-label="${entry(i, j)}"
          aria-valuemin="${low}" aria-valuemax="${high}" aria-valuenow="${x}" aria-valuetext="${spoken(x)}"
          value="${format(x)}">${inside(i, j)}</span>`
      : `<button type="button" ${look} aria-label="${entry(i, j)}: ${spoken(x)}, show its sum"><span>${format(x)}</span>${
        inside(i, j)}</button>`;
  };
  const cells = Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => {
    const [i, j] = [r - above, c - beside];
    return cell(shown[i]?.[j], ...(transposed ? [j, i] : [i, j]));
  }).join("")).join("");
  const label = still ? `${words}: ${M.map((row) => row.map(spoken).join(", ")).join("; ")}` : words;
  return `<div class="matrix q-${kind}" data-quantity="${quantity}" role="${still ? "img" : "group"}" aria-label="${label}">
    <div class="name">${title}<small>${rows} × ${columns}</small></div>
    <div class="entries" style="--columns:${columns}">${cells}${over}</div></div>`;
}

/**
 * A sum written out: each term with its symbols, its factors and its value, then the total.
 * @param {object} sum
 * @param {string} sum.of what the sum is, as markup
 * @param {[string, string, number, string?][]} sum.terms symbols and factors as markup, value, classes that mark it
 * @param {number} sum.total
 * @param {string} sum.kind the colour of the total
 * @param {string} sum.said the whole in words
 * @param {string} [sum.place] attributes that tell which sum it is
 * @param {string} [sum.after] what is made of the total, as markup
 */
export function ledger({ of, terms, total, kind, said, place = "", after = "" }) {
  const lines = terms.map(([symbols, factors, x, mark = ""], k) => (
    `<span class="term ${mark}"><span class="symbols">${symbols}</span><span class="factors">${factors}</span>
    <span class="value${k && x < 0 ? " negative" : ""}" data-value="${x}">${format(k ? Math.abs(x) : x)}</span></span>`));
  return `<div class="sum${terms.length > 5 ? " long" : ""}" role="img" aria-label="${said}" ${place}>
    <div class="terms"><span class="of">${of}</span>${lines.join("")}
    <b class="total q-${kind}" data-value="${total}">${format(total)}</b></div>${after}</div>`;
}

const DOING = ["lit", "typing", "moving"]; // classes that come from what the reader does; markup knows nothing of them

const held = new WeakMap(); // the markup that an element holds, tag by tag and text by text, and the node of each

/** Make `element` hold `markup`, and change no more of it than differs: most often a few numbers. */
export function patch(element, markup) {
  const wanted = markup.match(/<[^>]*>|[^<]+/g);
  const { pieces = [], nodes } = held.get(element) ?? {};
  const differ = [...wanted.keys()].filter((k) => wanted[k] !== pieces[k]);
  const tag = (piece) => /^<?[\w/-]*/.exec(piece)[0]; // of a text it does not matter what
  const alike = nodes && wanted.length === pieces.length && differ.every((k) => (
    pieces[k] && !wanted[k].includes("&") && (nodes[k]?.nodeType === Node.TEXT_NODE ? wanted[k][0] !== "<" : tag(wanted[k]) === tag(pieces[k]))));
  if (alike) {
    for (const k of differ) {
      if (nodes[k].nodeType === Node.TEXT_NODE) nodes[k].nodeValue = wanted[k];
      else dress(nodes[k], new Map([...wanted[k].matchAll(/([\w-]+)="([^"]*)"|\s([\w-]+)(?=[\s>])/g)].map(([, name, value, bare]) => [name ?? bare, value ?? ""])));
    }
  } else {
    const template = document.createElement("template");
    template.innerHTML = markup;
    morph(element, template.content);
  }
  held.set(element, { pieces: wanted, nodes: alike ? nodes : nodesOf(element, wanted) });
}

/** The node of each piece of the markup that `element` holds; nothing if a browser reads the markup otherwise. */
function nodesOf(element, pieces) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const nodes = pieces.map((piece) => (piece.startsWith("</") ? null : walker.nextNode()));
  const right = pieces.every((piece, k) => piece.startsWith("</") || (nodes[k] && (piece[0] === "<"
    ? piece.toLowerCase().startsWith(`<${nodes[k].nodeName.toLowerCase()}`) : nodes[k].nodeValue === piece)));
  return right ? nodes : undefined;
}

/** Give `element` these attributes and no others. */
function dress(element, attributes) {
  const doing = DOING.filter((name) => element.classList.contains(name));
  if (doing.length) attributes.set("class", [attributes.get("class"), ...doing].join(" "));
  for (const [name, value] of attributes) if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  for (const name of element.getAttributeNames()) if (!attributes.has(name)) element.removeAttribute(name);
  // What a reader has typed or chosen hides the attribute.
  if (element.nodeName === "OPTION") element.selected = attributes.has("selected");
  const value = attributes.get("value");
  if (element.nodeName === "INPUT" && element.value !== value && !element.closest(".typing")) element.value = value;
}

function morph(old, wanted) {
  const [olds, nodes] = [[...old.childNodes], [...wanted.childNodes]];
  if (olds.length !== nodes.length || olds.some((node, k) => node.nodeName !== nodes[k].nodeName)) {
    old.replaceChildren(...nodes);
    return;
  }
  for (const [k, node] of nodes.entries()) {
    if (node.attributes) {
      dress(olds[k], new Map([...node.attributes].map(({ name, value }) => [name, value])));
      morph(olds[k], node);
    } else if (node.nodeValue !== olds[k].nodeValue) olds[k].nodeValue = node.nodeValue;
  }
}

/** The numbers as a table, for print and for a page without a script. */
export function table(caption, matrices) {
  const columns = Math.max(...matrices.map(({ M }) => M[0].length));
  const row = (entry, numbers, i) => {
    const cells = Array.from({ length: columns }, (_, j) => `<td>${j in numbers ? format(numbers[j]) : ""}</td>`);
    return `<tr><th scope="row">${entry}, row ${i + 1}</th>${cells.join("")}</tr>`;
  };
  const rows = matrices.map(({ title, M }) => M.map((numbers, i) => row(title, numbers, i)).join(""));
  return `<table class="live-numbers"><caption>${caption}</caption><tbody>${rows.join("")}</tbody></table>`;
}

/**
 * Let the cells of `root` be dragged, keyed and typed into.
 * @param {HTMLElement} root
 * @param {(cell: HTMLElement, x: number) => void} move puts x where the cell stands
 * @param {(words: string) => void} refuse says what was wrong with an edit; nothing has changed
 * @param {AbortSignal} signal
 */
export function movable(root, move, refuse, signal) {
  const on = (type, listener) => root.addEventListener(type, (event) => {
    const cell = event.target.closest(".movable");
    if (cell) listener(event, cell, cell.firstElementChild);
  }, { signal });
  const value = (cell) => Number(cell.dataset.value);
  const bound = (cell) => {
    const { ariaValueMin, ariaValueMax } = cell.firstElementChild;
    return [Number(ariaValueMin), Number(ariaValueMax)];
  };
  const set = (cell, x) => {
    const [low, high] = bound(cell);
    move(cell, tidy(Math.min(high, Math.max(low, x))));
  };

  let drag = null;
  on("pointerdown", (event, cell) => {
    if (event.button !== 0) return;
    drag = { cell, x: event.clientX, y: event.clientY, from: value(cell), moved: false };
    cell.setPointerCapture(event.pointerId); // a quick hand leaves the cell at once
  });
  on("mousedown", (event) => event.preventDefault()); // else a drag would select the text
  on("pointermove", (event, cell) => {
    if (drag?.cell !== cell) return;
    const along = event.clientX - drag.x - (event.clientY - drag.y); // to the right or up is larger
    if (!drag.moved && Math.abs(along) < 4) return;
    drag.moved = true;
    cell.classList.add("moving");
    set(cell, Math.round((drag.from + along * (event.shiftKey ? 0.1 : 0.01)) * 100) / 100);
  });
  const drop = (event, cell, input) => {
    if (drag?.cell !== cell) return;
    cell.classList.remove("moving");
    if (event.type === "pointercancel") set(cell, drag.from); // the finger was scrolling the page
    else if (!drag.moved) input.focus();
    drag = null;
  };
  on("pointerup", drop);
  on("pointercancel", drop);

  const show = (cell, input) => {
    cell.classList.remove("typing");
    input.value = format(value(cell));
  };
  const commit = (cell, input) => {
    if (!cell.classList.contains("typing")) return;
    const x = parse(input.value, bound(cell));
    if (typeof x === "number") move(cell, x);
    else refuse(`${x}. ${input.ariaLabel} stays ${format(value(cell))}.`);
    show(cell, input);
  };
  on("focusin", (event, cell, input) => input.select());
  on("input", (event, cell) => cell.classList.add("typing"));
  on("focusout", (event, cell, input) => commit(cell, input));
  on("keydown", (event, cell, input) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") commit(cell, input);
    else if (event.key === "Escape") show(cell, input);
    else if (cell.classList.contains("typing")) return; // the arrows are the text's now
    const step = event.shiftKey ? 1 : 0.1;
    const x = {
      ArrowUp: value(cell) + step, ArrowRight: value(cell) + step,
      ArrowDown: value(cell) - step, ArrowLeft: value(cell) - step,
      Home: bound(cell)[0], End: bound(cell)[1],
    }[event.key];
    if (x !== undefined) set(cell, x);
    else if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    input.select();
  });
}

/**
 * Light every element of the quantity that is pointed at or has the focus.
 * @returns {() => void} lights once more what is lit, for elements that are new
 */
export function lighting(root, signal) {
  let quantity;
  const light = () => {
    for (const element of root.querySelectorAll("[data-quantity]")) {
      element.classList.toggle("lit", element.dataset.quantity === quantity);
    }
  };
  for (const type of ["pointerover", "focusin", "pointerleave", "focusout"]) {
    root.addEventListener(type, ({ target }) => {
      quantity = /over|in/.test(type) ? target.closest("[data-quantity]")?.dataset.quantity : undefined;
      light();
    }, { signal });
  }
  return light;
}

/**
 * The question a figure opens with. The answer is shown only to who has committed to one; whoever skips is not asked
 * again in this browser, except by own wish.
 * @param {string} asked the question, as markup
 * @param {[string, string][]} choices what can be answered: the value of each choice, and its words
 */
export function question(asked, choices) {
  const buttons = choices.map(([value, text]) => (
    `<button type="button" data-choice="${value}">${text}</button>`));
  return `<div class="question"><p class="asked"><b>Predict first.</b> <span>${asked}</span></p>
    <p class="choices">${buttons.join("")}<button type="button" class="quiet" data-action="skip">skip</button></p>
    <p class="reply" role="status"></p><button type="button" class="quiet" data-action="ask">ask me a question</button></div>`;
}

/**
 * Let the question of `root` be answered.
 * @param {HTMLElement} root
 * @param {string} figure the name under which skipping is remembered
 * @param {(choice: string) => string} judge replies to a choice, as markup
 * @param {() => string} numbers what a reply is said of, as text
 * @param {AbortSignal} signal
 * @returns {() => void} to be called when something has changed: the reply to another question goes, one to this question
 *   tells whether it was said of other numbers
 */
export function answering(root, figure, judge, numbers, signal) {
  const [box, asked, reply] = [".question", ".asked span", ".reply"].map((part) => root.querySelector(part));
  const key = `${figure}: question skipped`;
  let answered = {};
  const skip = (skipped) => {
    box.classList.toggle("skipped", skipped);
    memory.set(key, skipped ? "yes" : "");
  };
  const choose = (chosen, words) => {
    for (const button of box.querySelectorAll("[data-choice]")) button.ariaPressed = button === chosen;
    reply.innerHTML = words;
    reply.classList.remove("past");
    answered = { question: asked.textContent, numbers: numbers() };
  };
  if (memory.get(key)) skip(true);
  box.addEventListener("click", ({ target }) => {
    for (const [action, skipped, next] of [["skip", true, '[data-action="ask"]'], ["ask", false, "[data-choice]"]]) {
      if (target.closest(`[data-action="${action}"]`)) {
        skip(skipped);
        box.querySelector(next).focus(); // the button that was pressed is gone
      }
    }
    const chosen = target.closest("[data-choice]");
    if (chosen) choose(chosen, judge(chosen.dataset.choice));
  }, { signal });
  return () => {
    if (!reply.innerHTML) return;
    if (asked.textContent !== answered.question) choose(null, "");
    reply.classList.toggle("past", numbers() !== answered.numbers);
  };
}

/** What steps through a figure that is told step by step: `at` of `count`; `more` are further buttons, as markup. */
export function stepper({ at, count, playing, more = "" }) {
  return `<div class="steps" role="group" aria-label="step by step">
    <button type="button" data-action="back">◀ back</button>
    <button type="button" data-action="play">${playing ? "❚❚ pause" : "▶▶ play"}</button>
    <button type="button" data-action="forward">step ▶</button>${more}
    <span>${at} of ${count}</span></div>`;
}

/** A choice among values, with its label; `chooses` is the attribute that says what it chooses. */
export function choice(label, chooses, values, now) {
  const options = values.map((value) => `<option${String(value) === String(now) ? " selected" : ""}>${value}</option>`);
  return `<label class="choice">${label} <select ${chooses}>${options.join("")}</select></label>`;
}

const HINT = "Drag, type, or use the arrow keys.";

/** What stands under every figure: a line of words, and its buttons. */
export function tools() {
  const buttons = { reset: "reset", random: "random example", link: "copy link" };
  return `<div class="tools"><p class="status" role="status">${HINT}</p>${
    Object.entries(buttons).map(([name, text]) => `<button type="button" data-action="${name}">${text}</button>`).join("")
  }<p class="voice" aria-live="polite"></p></div>`;
}

/**
 * The two voices of a figure.
 * @returns {{tell: (words: string) => void, say: (words: string) => void}} `tell` shows what the reader did wrong or
 *   should know, and the hint again for no words; `say` speaks results to who does not see them, the last of a quick row
 */
export function announcer(root) {
  let timer;
  return {
    tell(words) {
      const [status, told] = [root.querySelector(".status"), words || HINT];
      if (status.textContent !== told) status.textContent = told; // a region that is written again may be read out again
    },
    say(words) {
      clearTimeout(timer);
      timer = setTimeout(() => { root.querySelector(".voice").textContent = words; }, 500);
    },
  };
}

/** What the reader chose to keep in this browser; nothing where storage is off. */
export const memory = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* then not */ } },
};

/** The part of the address that holds the state of the figure `key`, as data; null if it holds none. */
export function readLink(key) {
  const state = new URLSearchParams(location.hash.slice(1));
  return state.get("figure") === key ? state : null;
}

/** Put the state of the figure `key` into the address and on the clipboard; resolves to what happened, in words. */
export async function copyLink(key, state) {
  history.replaceState(null, "", `#${new URLSearchParams({ figure: key, ...state })}`);
  try {
    await navigator.clipboard.writeText(location.href);
    return "Link copied: it opens this figure with these numbers.";
  } catch {
    return "The link is in the address bar: it opens this figure with these numbers.";
  }
}
