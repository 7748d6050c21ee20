// The page's few habits: light and dark, arriving where an address says, boxes that scroll by keyboard, copying code, editing equations, quantities that light up together.
(() => {
  "use strict";
  const root = document.documentElement;
  root.dataset.scripted = "";

  // Light and dark: the system's choice until the reader makes one.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.querySelector(".theme");
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const show = (theme) => {
    root.dataset.theme = theme;
    button.setAttribute("aria-pressed", theme === "dark");
  };
  show(root.dataset.theme);
  system.addEventListener("change", () => stored() || show(system.matches ? "dark" : "light"));
  button.addEventListener("click", () => {
    show(root.dataset.theme === "dark" ? "light" : "dark");
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* the choice lasts for this page */ }
  });

  // Paper is light, whatever the screen is.
  let onScreen = root.dataset.theme;
  addEventListener("beforeprint", () => { onScreen = root.dataset.theme; root.dataset.theme = "light"; });
  addEventListener("afterprint", () => show(onScreen));

  // What is laid out while the page opens may push away the place that its address names; then go there again. A reader who
  // is already under way is left alone, and so is one who comes back, to where they were.
  let arriving = performance.getEntriesByType("navigation")[0].type === "navigate";
  for (const hand of ["wheel", "touchstart", "pointerdown", "keydown"])
    addEventListener(hand, () => { arriving = false; }, { once: true, passive: true });
  const arrive = () => arriving && document.querySelector(":target")?.scrollIntoView();
  addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(arrive)));

  // What lies below the first blocks of a page that opens is laid out in turn, one block a frame, so that no frame is long;
  // of a block of several equations, and of a list, one a frame too.
  // What is too far away to be laid out is let go eight a frame, and waits, as the style says, until it nears the screen.
  // A reader who scrolls is not kept waiting.
  let below = [];
  if ("opening" in root.dataset) {
    const first = "main > section > section", later = `${first}:nth-of-type(n+2)`;
    below = [...document.querySelectorAll(`${later}, ${later} > :nth-child(2), ${first} > :nth-child(n+3), ${first} > section > :nth-child(n+2), ${first} .display ~ .display, ${first} li ~ li`)];
    for (const block of below) block.style.contentVisibility = "hidden";
    delete root.dataset.opening;
  }
  let far = false;
  const reveal = (blocks) => blocks.forEach((block) => { block.style.contentVisibility = ""; });
  const open = () => {
    far ||= below[0]?.getBoundingClientRect().top > 3 * innerHeight; // farther than a browser lays out ahead
    reveal(below.splice(0, far ? 8 : 1));
    if (below.length) requestAnimationFrame(open);
  };
  requestAnimationFrame(() => requestAnimationFrame(open)); // the first frame is for the screen
  addEventListener("scroll", () => reveal(below.splice(0)), { once: true, passive: true });

  // Code can be copied.
  function copyable(pre) {
    if (!navigator.clipboard) return;
    const copy = document.createElement("button");
    copy.className = "copy";
    copy.type = "button";
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pre.textContent.trimEnd());
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    });
    pre.after(copy);
  }

  // A box whose content does not fit can be focused, and then scrolled by the arrow keys.
  // All are measured before any is changed, and none that waits for its layout: either would cost a layout of its own.
  const laidOut = new Set();
  const fit = (boxes) => {
    const tooWide = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
    boxes.forEach((box, k) => (tooWide[k] ? box.setAttribute("tabindex", 0) : box.removeAttribute("tabindex")));
  };
  const sizes = new ResizeObserver((entries) => {
    const boxes = entries.map(({target}) => target);
    for (const box of boxes) if (!laidOut.has(box)) {
      laidOut.add(box);
      if (box.matches(".highlight > pre")) copyable(box);
    }
    fit(boxes);
  });
  document.querySelectorAll(".formula, .wide, pre").forEach((box) => sizes.observe(box));
  document.querySelectorAll(":is(p, li, dd) > .katex .mtable").forEach((matrix) => sizes.observe(matrix.closest(".katex")));
  document.fonts.addEventListener("loadingdone", () => fit([...laidOut]));

  // An equation that the engine has checked can be edited. The engine comes when it is asked for, as a classic script: a page
  // opened from disk may not import a module.
  let editor;
  const load = () => editor ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src: `${root.dataset.content_root}_static/equation-editor.js`, onload: resolve, onerror: reject });
    document.head.append(script);
  });
  document.querySelectorAll("div.equation:not(.informal)").forEach((block) => {
    const edit = document.createElement("button");
    const numbers = [...block.querySelectorAll(".eqno")].map((number) => number.firstChild.data);
    Object.assign(edit, { className: "edit", type: "button", textContent: block.matches(".exercise") ? "Answer" : "Edit" });
    edit.setAttribute("aria-label", `${edit.textContent} ${numbers.length ? `equation ${numbers.join(" ")}` : "this equation"}`);
    edit.addEventListener("click", () => load().then(() => self.equationEditor.open(block, edit), () => {
      editor = null; // the next click tries again
      edit.textContent = "The editor cannot be loaded";
    }));
    block.append(edit);
  });

  // A quantity that is pointed at, tapped or focused lights up wherever it stands, in equations and in figures.
  let lit = null;
  const light = (quantity) => {
    if (quantity === lit) return;
    lit = quantity;
    document.querySelectorAll("[data-quantity]").forEach((part) => part.classList.toggle("lit", part.dataset.quantity === quantity));
  };
  const quantity = (event) => event.target.closest?.("[data-quantity]")?.dataset.quantity ?? null;
  document.addEventListener("pointerover", (event) => light(quantity(event)));
  document.addEventListener("focusin", (event) => quantity(event) && light(quantity(event)));
  document.addEventListener("focusout", (event) => quantity(event) && light(null));
})();
