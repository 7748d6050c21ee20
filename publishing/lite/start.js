// Says how the start of Python goes. A kernel that cannot start shows [*] for ever and says nothing.
(() => {
  "use strict";
  const { seconds, megabytes } = document.currentScript.dataset;
  const stem = /^([\w-]+)\.ipynb$/.exec(new URLSearchParams(location.search).get("path") ?? "")?.[1];
  const element = (name, properties, ...content) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...content);
    return made;
  };

  const said = element("div", { id: "start", role: "status" });
  said.style.cssText = "position: fixed; z-index: 10000; left: 50%; bottom: 1rem; transform: translateX(-50%); box-sizing: border-box; " +
    "width: max-content; max-width: min(36rem, calc(100% - 2rem)); padding: .75rem 1rem; border: 1px solid #59626f; border-radius: .5rem; " +
    "background: #fff; color: #1a1f27; font: 16px/1.5 system-ui, sans-serif; box-shadow: 0 2px 12px rgb(0 0 0 / .25)";
  document.body.append(said);

  const began = Date.now();
  const passed = () => Math.round((Date.now() - began) / 1000);
  let over = false;
  const end = () => {
    over = true;
    said.remove();
  };
  const fail = (reason) => {
    if (over) return;
    over = true;
    said.setAttribute("role", "alert");
    const close = element("button", { type: "button", textContent: "Close", onclick: () => said.remove() });
    close.style.cssText = "min-width: 2.75rem; min-height: 2rem; margin-top: .5rem; font: inherit; color: inherit";
    const book = element("a", { href: `../../notebooks/${stem ?? "index"}.html`, textContent: "the page of the book" });
    book.style.color = "inherit";
    said.replaceChildren(element("strong", {}, "Python does not run here."), ` ${reason} Cells that you run will show [*] and no answer. `,
      "It helps to load the page again, to take a newer browser, or another network. Figures and equations answer on ", book,
      " without Python; other ways to run this chapter stand there at the top.", element("br"), close);
  };
  const tell = () => {
    if (over) return;
    said.textContent = `Python starts in your browser: ${passed()} s. The first time it loads about ${megabytes} MB.`;
    if (passed() >= seconds) fail(`It has not started within ${seconds} seconds.`);
    else setTimeout(tell, 1000);
  };

  // The first answer of the kernel tells that it runs. An empty cell is asked for; it leaves no trace.
  const kernel = () => [...(self.jupyterapp?.shell.widgets("main") ?? [])].map(({ context, sessionContext }) =>
    (sessionContext ?? context?.sessionContext)?.session?.kernel).find(Boolean);
  const ask = async () => {
    for (; !over; await new Promise((next) => setTimeout(next, 250))) {
      const found = kernel();
      if (!found) continue;
      await found.requestExecute({ code: "", silent: true, store_history: false }).done;
      return end();
    }
  };

  if (location.protocol === "file:") return fail("It needs a web server: open this page on the site of the book, or by `make serve LITE=1`.");
  if (typeof WebAssembly !== "object") return fail("This browser has no WebAssembly, or it is switched off.");
  tell();
  ask();
  for (const name of ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"]) {
    fetch(`../static/pyodide/${name}`, { method: "HEAD" }).then(({ ok, status }) => ok || fail(`Of its files, ${name} is not here (${status}).`),
      () => fail(`Of its files, ${name} cannot be loaded: something between this browser and the site blocks it.`));
  }
})();
