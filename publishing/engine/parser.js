// LaTeX in, tree out; what cannot be read is refused with its position.
//
// The tables of the automaton are made from `mathref/engine/grammar.lark` when the site is built, and driven here as Lark
// drives them: in each state only the terminals that can follow are looked for. A node is {data, children, start, end}, a
// token {type, text, start, end}.

import { LatexError } from "./errors.js";
import { facts } from "./facts.js";

const { terminals, ignored, rules, first, last } = facts.grammar;
const states = facts.grammar.states.map((actions) => new Map(actions.map(([symbol, action]) => [facts.grammar.symbols[symbol], action])));
const COMMANDS = new Set(facts.commands);
const END = "$END";

/** The syntax tree of one equation or update. */
export function parse(latex) {
  checkBounds(latex);
  checkCommands(latex);
  checkBrackets(latex);
  const parser = new Parser();
  let position = 0;
  for (;;) {
    const token = nextToken(latex, position, states[parser.state], (allowed, here) => {
      // What cannot stand here may still be a terminal: then it is named whole.
      const found = nextToken(latex, here, everything, () => { throw misplaced(latex, here, allowed); });
      throw unexpected(latex, found, parser.accepted().length ? parser.accepted() : allowed);
    });
    if (!parser.feed(token)) throw unexpected(latex, token, parser.accepted());
    if (token.type === END) return parser.tree;
    position = token.end;
  }
}

/** The part of `latex` that a node was read from, without the sizes \left and \right. */
export function source(tree, latex) {
  return latex.slice(tree.start, tree.end).replace(/\\(left|right)(?![A-Za-z])\s*/g, "");
}

/** Every node of a tree, each after its children. */
export function subtrees(tree) {
  const found = [tree];
  for (const node of found) found.push(...node.children.filter((child) => child.data).reverse());
  return found.reverse();
}

export const findData = (tree, ...rules) => subtrees(tree).filter((node) => rules.includes(node.data));

class Parser {
  stack = [first];
  values = [];
  get state() { return this.stack.at(-1); }

  /** Take a token, if it can stand here; what is reduced in front of it stays so. */
  feed(token, stack = this.stack, values = this.values) {
    for (;;) {
      const action = states[stack.at(-1)].get(token.type);
      if (action === undefined) return false;
      if (action >= 0) {
        stack.push(action);
        values?.push(token);
        return true;
      }
      const [origin, name, size, inlined, kept] = rules[-1 - action];
      stack.length -= size;
      stack.push(states[stack.at(-1)].get(origin));
      values?.push(node(name, inlined, kept, values.splice(values.length - size, size)));
      if (token.type === END && stack.at(-1) === last) return true;
    }
  }

  /** The terminals that can stand here, for all that is read already. */
  accepted() {
    return [...states[this.state].keys()].filter((type) => isTerminal(type) && this.feed({ type }, [...this.stack], null));
  }

  get tree() { return this.values[0]; }
}

const isTerminal = (name) => name === name.toUpperCase();

/** A node of a rule: of its parts some are left out, and those of an inner rule are taken in. It spans all of them. */
function node(name, inlined, kept, parts) {
  const children = kept.flatMap(([k, takenIn]) => (takenIn ? parts[k].children : [parts[k]]));
  const [start, end] = [parts[0].outerStart ?? parts[0].start, parts.at(-1).outerEnd ?? parts.at(-1).end];
  if (inlined && children.length === 1) {
    // A node that stands for its only part keeps its own span; what it fills is the brackets around it too.
    if (children[0].data) Object.assign(children[0], { outerStart: start, outerEnd: end });
    return children[0];
  }
  return { data: name, children, start, end, outerStart: start, outerEnd: end };
}

const everything = new Map(terminals.map(([name]) => [name, 0]));
const scanners = new Map();

/** The first token from a position on, past spacing; END at the end. `lost` is called where none of the allowed stands. */
function nextToken(latex, position, allowed, lost) {
  if (!scanners.has(allowed)) {
    const expressions = terminals.filter(([name]) => allowed.has(name) || name === ignored);
    scanners.set(allowed, new RegExp(expressions.map(([name, expression]) => `(?<${name}>${expression})`).join("|"), "y"));
  }
  const scanner = scanners.get(allowed);
  for (;;) {
    if (position >= latex.length) return { type: END, text: "", start: latex.length, end: latex.length };
    scanner.lastIndex = position;
    const found = scanner.exec(latex);
    if (!found) return lost([...allowed.keys()].filter((name) => isTerminal(name) && name !== END), position);
    const [type] = Object.entries(found.groups).find(([, text]) => text !== undefined);
    const start = position;
    position = scanner.lastIndex;
    if (type !== ignored) return { type, text: found[0], start, end: position };
  }
}

function checkBounds(latex) {
  if (!latex.trim()) throw new LatexError("There is no equation here: write one, with an = in it.");
  if (latex.length > facts.longest) {
    throw new LatexError(`The equation is ${latex.length} characters long; at most ${facts.longest} are read.`);
  }
  const digits = /[0-9.]{16,}/.exec(latex);
  if (digits) throw new LatexError(pointed(latex, digits.index, "A number has at most 15 digits."));
}

/** Refuse an unknown command, before its first letters are read as a known one: \deltax is not \delta x. */
function checkCommands(latex) {
  for (const found of latex.matchAll(/\\([A-Za-z]+|.)/g)) {
    const [command, name] = found, end = found.index + command.length;
    if (/^\p{L}/u.test(name) && !COMMANDS.has(command)) {
      throw new LatexError(pointed(latex, found.index, `Unknown command ${command}: it is not in the language of this book.`));
    }
    const bracket = { "\\left": "(", "\\right": ")" }[command];
    if (bracket && !latex.slice(end).trimStart().startsWith(bracket)) {
      throw new LatexError(pointed(latex, found.index, `${command} stands before a ${bracket} only.`));
    }
  }
}

/** Match { } and ( ) first, since a missing one is the commonest slip and would be reported far away. */
function checkBrackets(latex) {
  const closing = { "{": "}", "(": ")" }, opened = [];
  for (let position = 0; position < latex.length; position++) {
    const character = latex[position], before = latex.slice(0, position).trimEnd();
    if (character in closing) {
      opened.push([position, character, before.endsWith("\\left")]);
    } else if (character === "}" || character === ")") {
      if (closing[opened.at(-1)?.[1]] !== character) throw new LatexError(pointed(latex, position, `This ${character} closes nothing.`));
      if (opened.pop()[2] !== before.endsWith("\\right")) {
        throw new LatexError(pointed(latex, position, "\\left and \\right belong together."));
      }
    }
    if (opened.length > facts.deepest) {
      throw new LatexError(pointed(latex, position, `More than ${facts.deepest} brackets inside one another.`));
    }
  }
  if (opened.length) throw new LatexError(pointed(latex, opened.at(-1)[0], `This ${opened.at(-1)[1]} is never closed.`));
}

/** Put a caret under the position, on the line where it is. */
export function pointed(latex, position, message) {
  const start = latex.slice(0, position).lastIndexOf("\n") + 1;
  const [line] = latex.slice(start).split("\n", 1);
  return `${message}\n  ${line}\n  ${" ".repeat(position - start)}^`;
}

function misplaced(latex, position, allowed) {
  const [found] = /^(\\[A-Za-z]+|[^])/.exec(latex.slice(position));
  return new LatexError(pointed(latex, position, `'${found}' cannot stand here. ${expected(allowed)}`.trimEnd()));
}

function unexpected(latex, token, allowed) {
  if (token.type === END) {
    return new LatexError(pointed(latex, latex.length,
      latex.includes("=") ? "The equation stops too early." : "An equation has two sides: there is no = here."));
  }
  const transpose = token.text === "T" && /\^\{?[lL0-9+\-\s]*$/.test(latex.slice(0, token.start));
  const hint = transpose ? "Write the transpose as W^{\\top}, with a layer as (W^{l})^{\\top}." : expected(allowed);
  return new LatexError(pointed(latex, token.start, `'${token.text}' cannot stand here. ${hint}`.trimEnd()));
}

function expected(allowed) {
  const words = [...new Set(allowed.map((name) => facts.words[name]).filter(Boolean))].sort();
  return words.length ? `Expected: ${words.join(", ")}.` : "";
}
