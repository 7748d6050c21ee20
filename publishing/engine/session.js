// What one reader's page knows: the definitions that hold, by label, and what running a cell does to them.

import { readSource } from "./cells.js";
import { check, refute } from "./check.js";
import { readConditions } from "./conditions.js";
import { MeaningError, naming } from "./errors.js";
import { judge } from "./exercise.js";
import { facts } from "./facts.js";
import { chosen } from "./networks.js";
import { parse } from "./parser.js";
import { Program, Run, readDefinition } from "./program.js";
import { symbolsOf } from "./symbols.js";
import { checkUpdate } from "./update.js";

/** The definitions of a chapter, world by world, each under its label. */
export class Session {
  #worlds = new Map();
  #programs = new Map();
  #together = new Map(); // label: the labels of the cell that defined it

  /** Take over definitions of earlier chapters: labels, and `world=name` if they belong to one. */
  give(line) {
    const words = line.split(/\s+/), { world } = readConditions(words.filter((word) => word.includes("=")));
    for (const label of words.filter((word) => !word.includes("="))) {
      const { conditions, latex } = facts.definitions.find((definition) => definition.label === label);
      const read = readConditions(conditions.split(/\s+/).filter(Boolean));
      this.#define(world, [readDefinition(label, latex, Object.assign(read, { world }))]);
    }
  }

  /** Take over the definitions of a cell that the book has checked. */
  take(source) {
    const { conditions, equations } = readSource(source);
    this.#define(conditions.world, equations.map(([label, latex]) => readDefinition(label, latex, conditions)));
    for (const [label] of equations) this.#together.set(label, equations.map(([other]) => other));
  }

  /** Run a cell and return one outcome {status, report} per equation. Whatever is wrong with it is thrown. */
  run(source) {
    const cell = readSource(source);
    if (cell.kind === "definition") return this.#tryDefinitions(cell);
    return cell.equations.map(([label, latex]) => naming(label, () => this.#runOne(cell, label, latex)));
  }

  #define(world, definitions, gone = []) {
    const known = [...this.#worlds.get(world) ?? []].filter(([label]) => !gone.includes(label));
    this.#worlds.set(world, new Map([...known, ...definitions.map((definition) => [definition.label, definition])]));
    this.#programs.clear();
  }

  /** The world's program and the runs of it so far. */
  program(world) {
    if (!this.#programs.has(world)) {
      this.#programs.set(world, [new Program([...(this.#worlds.get(world) ?? new Map()).values()]), new Map()]);
    }
    return this.#programs.get(world);
  }

  #tryDefinitions({ conditions, equations }) {
    const { world } = conditions;
    const read = equations.map(([label, latex]) => naming(label, () => readDefinition(label, latex, conditions)));
    // What the cell defined before, and is no longer in it, is forgotten.
    const gone = read.flatMap(({ label }) => this.#together.get(label) ?? []).filter((old) => !read.some(({ label }) => label === old));
    this.#define(world, read, gone);
    const [program] = this.program(world), drafts = new Map();
    return read.map(({ label, latex }) => naming(label, () => {
      const { witness } = tryOut(label, latex, conditions, program, drafts);
      const report = ["A definition: it gives the symbol on the left its meaning, and is compiled into the forward program."];
      return { label, latex, status: "defined", report: [...report, ...witness ? [witnessWords(witness)] : []] };
    }));
  }

  #runOne({ kind, conditions }, label, latex) {
    const { world } = conditions;
    if (world && !this.#worlds.has(world)) throw new MeaningError(`No definition belongs to world=${world}.`);
    const outcome = (status, report) => ({ label, latex, status, report });
    if (kind === "informal") return outcome("informal", ["Mathematics outside the language of the engine: not executed."]);
    const [program, runs] = this.program(world);
    if (kind === "exercise") return outcome(...judge(label, latex, conditions, program, runs));
    if (kind === "refuted") {
      const checked = latex.includes("\\leftarrow") ? checkUpdate : check;
      return outcome("refuted", refute(label, latex, conditions, program, runs, checked));
    }
    if (kind === "update") return outcome("holds", updateReport(checkUpdate(label, latex, conditions, program, runs), program));
    return outcome("holds", claimReport(latex, check(label, latex, conditions, program, runs), program));
  }
}

/** Evaluate a definition on every network, where what it uses may still be undefined, and return the verdict. */
export function tryOut(label, latex, conditions, program, drafts = new Map()) {
  for (const network of chosen(conditions, program.world.networks)) {
    for (const samples of program.world.sampleCounts(conditions)) {
      const asked = JSON.stringify([network, samples]);
      if (!drafts.has(asked)) drafts.set(asked, new Run(program, network, samples, true));
    }
  }
  return check(label, latex, conditions, program, drafts);
}

function claimReport(latex, verdict, program) {
  const report = [];
  if (!symbolsOf(parse(latex)).length) report.push("There is no symbol in it: the sides are equal as they stand.");
  else if (program.scalar) {
    const names = verdict.cases.map(([network]) => network.activation).join(", ");
    report.push(`All sides are equal with σ = ${names}, each time with other numbers.`);
  } else report.push(`All sides are equal in ${casesInWords(verdict, program)}.`);
  if (latex.includes("\\partial") || latex.includes("\\delta")) {
    report.push("Every derivative in it was found by running the definitions with one number moved: by complex "
      + "step, and by central differences where σ is relu. No formula of this book was used.");
  }
  report.push("Every entry agrees: relative error below 1e-10, with relu below 1e-6.");
  if (verdict.witness) report.push(witnessWords(verdict.witness));
  return report;
}

function updateReport(verdict, program) {
  return [`The new values are those of gradient descent in ${casesInWords(verdict, program)}. All right sides use the old values.`,
    "A small step lowers C by η‖∂C/∂·‖², as only a step along the gradient does.", witnessWords(verdict.witness)];
}

/** Each network with the layers it was tried for, and the numbers of samples once. */
function casesInWords({ cases: tried }, program) {
  const networks = new Map(tried.map(([network, , layers]) => [JSON.stringify(network), [network, layers]]));
  const words = [...networks.values()].map(([network, layers]) =>
    program.world.case(network) + (layers.length ? ` (l = ${layers.join(", ")})` : ""));
  const counts = [...new Set(tried.map(([, samples]) => samples))].sort((a, b) => a - b);
  const samples = counts.map((n) => (n === 1 ? "one sample" : `a batch of ${n}`)).join(" and ");
  return `${words.length} networks, with ${samples}: ${words.join("; ")}`;
}

const witnessWords = (name) => `\`${name}\` agrees.`;
