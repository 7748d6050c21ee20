(function (root, stored) {
  // Storage may be switched off.
  try { stored = localStorage.getItem("theme"); } catch (error) {}
  root.dataset.theme = stored || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  // The letters of the mathematics arrive with the page, not after it. From disk they are there, and may not be asked for.
  if (location.protocol !== "file:") for (const font of ["Main-Regular", "Math-Italic"]) {
    document.head.append(Object.assign(document.createElement("link"), {
      rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href: `${root.dataset.content_root}_static/katex/fonts/KaTeX_${font}.woff2`}));
  }
  // Where nothing else says what to show first, the page opens block by block (book.js); without that script, as it loads.
  if (!location.hash && performance.getEntriesByType("navigation")[0].type === "navigate") root.dataset.opening = "";
  addEventListener("load", () => "scripted" in root.dataset || delete root.dataset.opening);
})(document.documentElement);
