// The cells of the book: what the first line says, and the equations under it.

import { readConditions } from "./conditions.js";
import { ConditionError, LatexError, naming } from "./errors.js";
import { facts } from "./facts.js";

const LABEL_NAME = /^[a-z][a-z0-9-]*$/;
const WORD = /(?:\{(?:[^{}]|\{[^{}]*\})*\}|\S)+/g; // a space inside braces belongs to the word
const noLabel = (name) => `${name} is no label: a label is of lower-case letters, digits and hyphens, such as eq-fc-z.`;

/** What a whole code cell holds: {kind, conditions, equations}, each equation a pair of its label, or "", and its LaTeX. */
export function readSource(text) {
  const [first, ...body] = text.split("\n");
  const [, kind, line] = /^%%(\S+)\s*(.*)$/.exec(first);
  return readCell(kind, line, body.join("\n"));
}

function readCell(kind, line, body) {
  const words = line.match(WORD) ?? [];
  const label = words.length && !/[=<>]/.test(words[0]) ? words.shift() : "";
  if (label && !LABEL_NAME.test(label)) throw new LatexError(noLabel(label));
  return naming(label, () => {
    const conditions = readConditions(words), equations = splitBody(label, body);
    if (kind === "definition" && !equations.every(([name]) => name)) {
      throw new ConditionError("A definition needs a label: %%definition eq-name.");
    }
    if (kind === "definition" && (conditions.depth || conditions.activations)) {
      throw new ConditionError("A definition gives a meaning for every L and every σ: only N and l can restrict it.");
    }
    if (kind === "exercise" && !conditions.find) {
      throw new ConditionError("An exercise says what is to be found, such as find=\\delta^{L}.");
    }
    if (kind !== "exercise" && (conditions.find || conditions.using)) {
      throw new ConditionError("find and using belong to an exercise.");
    }
    return { kind, conditions, equations };
  });
}

function splitBody(label, body) {
  const pieces = body.split(/\\label\{([^{}]*)\}/);
  if (pieces.length === 1) return [[label, body.trim()]];
  const rest = pieces.pop().trim(), names = pieces.filter((_, k) => k % 2), texts = pieces.filter((_, k) => k % 2 === 0);
  if (label) throw new LatexError(`Label it once: on line one (${label}) or by \\label, not both.`);
  if (rest) throw new LatexError(`Each of several equations ends in its \\label{…}; this one does not:\n  ${rest}`);
  if (names.length > facts.lines) {
    throw new LatexError(`${names.length} equations in one cell; at most ${facts.lines} are read.`);
  }
  for (const name of names) {
    if (!LABEL_NAME.test(name)) throw new LatexError(noLabel(name));
    if (names.filter((other) => other === name).length > 1) throw new LatexError(`The label ${name} stands twice in this cell.`);
  }
  return names.map((name, k) => [name, texts[k].trim()]);
}
