// Judges a reader's own equation: whether it is right, out of the symbols it may use, without giving it away.

import { check } from "./check.js";
import { EquationError, NotTrue, ShapeError } from "./errors.js";
import { findData, parse, source, subtrees } from "./parser.js";
import { symbolsOf } from "./symbols.js";

const BLANK = "?";
const SIGNS = { activation: "\\sigma", activation_prime: "\\sigma'", derivative: "\\partial", logarithm: "\\log",
  exponential: "\\exp" };

/** The status ("open", "right" or "wrong") and a report for an answer. */
export function judge(label, latex, conditions, program, runs) {
  const { using } = conditions;
  if (latex.includes(BLANK)) {
    return ["open", [`Put your answer in place of the ? and run the cell. ${using ? `Use only ${using.join(", ")}.` : ""}`.trim()]];
  }
  try {
    const fault = faultOf(latex, conditions);
    if (fault) return ["wrong", [`Not an answer yet: ${fault}`]];
    check(label, latex, conditions, program, runs);
  } catch (error) {
    if (!(error instanceof EquationError)) throw error;
    const lines = error.message.split("\n");
    if (error instanceof ShapeError) return ["wrong", ["Not right: the shapes do not fit.", lines.at(-2).trim()]];
    if (error instanceof NotTrue) {
      return ["wrong", ["Not right: the shapes fit, but the numbers differ. A sign, a factor, a prime, a layer?", lines.at(-1).trim()]];
    }
    return ["wrong", [`Not an answer yet: ${error.message}`]];
  }
  return ["right", ["Right: it holds in every network and every entry."]];
}

/** What keeps an equation from being an answer, or null. */
export function faultOf(latex, { find, using }) {
  const [left, ...answers] = parse(latex).children, says = (node) => bare(source(node, latex)) === bare(find);
  if (!says(left)) return `the left side has to stay ${find}.`;
  if (answers.some((answer) => subtrees(answer).some(says))) return `it says ${find} again.`;
  if (using === null) return null;
  const allowed = new Set(using.map(bare));
  for (const answer of answers) {
    const used = symbolsOf(answer).map(({ name, layer }) => [name, name + (layer ? `^{${layer}}` : "")]);
    for (const [rule, sign] of Object.entries(SIGNS)) used.push(...findData(answer, rule).map(() => [sign, sign]));
    const [, written] = used.find(([name, text]) => !allowed.has(name) && !allowed.has(bare(text))) ?? [];
    if (written) return `it may not use ${written}; only ${using.join(", ")}.`;
  }
  return null;
}

export const bare = (latex) => latex.replace(/[\s{}]/g, "");
