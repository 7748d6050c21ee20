(function (root, stored) {
  // Storage may be switched off.
  try { stored = localStorage.getItem("theme"); } catch (error) {}
  root.dataset.theme = stored || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  // The letters of the mathematics arrive with the page, not after it; its large brackets and signs of sums when there is
  // nothing else to do, for this page or the next. From disk they are there, and may not be asked for.
  const ask = (rel, ...fonts) => fonts.forEach((font) => document.head.append(Object.assign(document.createElement("link"), {
    rel, as: "font", type: "font/woff2", crossOrigin: "", href: `${root.dataset.content_root}_static/katex/fonts/KaTeX_${font}.woff2`})));
  if (location.protocol !== "file:") {
    ask("preload", "Main-Regular", "Math-Italic");
    ask("prefetch", "Size1-Regular", "Size2-Regular", "Size3-Regular");
  }
  // Where nothing else says what to show first, the page opens block by block (book.js); without that script, as it loads.
  if (!location.hash && performance.getEntriesByType("navigation")[0].type === "navigate") root.dataset.opening = "";
  addEventListener("load", () => "scripted" in root.dataset || delete root.dataset.opening);
})(document.documentElement);
