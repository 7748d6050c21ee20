// How many exercises a reader has answered: in this browser's storage alone, under one key, {name of an exercise: true}.
// What is stored is data: names that the page knows are counted, and nothing of it is shown. Where storage is forbidden
// the count lasts as long as the page.
(() => {
  "use strict";
  const KEY = "exercises";
  let kept = {};
  function recall() {
    try {
      const found = JSON.parse(localStorage.getItem(KEY));
      kept = Object.fromEntries(Object.entries(found ?? {}).filter(([name, done]) => done === true && /^ex(-[a-z0-9]+)+$/.test(name)));
    } catch { /* what cannot be read leaves all as it is */ }
  }
  const keep = () => { try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* then not */ } };
  const done = (names) => names.filter((name) => Object.hasOwn(kept, name)).length;

  const places = [...document.querySelectorAll("[data-exercise]")];
  const chapters = document.getElementById("exercise-names");
  const isList = chapters !== null;
  const named = isList ? JSON.parse(chapters.textContent) : { here: places.map(({ dataset }) => dataset.exercise) };
  const all = Object.values(named).flat();

  const line = document.createElement("p"), count = document.createElement("span"), clear = document.createElement("button");
  line.className = "progress";
  count.setAttribute("role", "status");
  Object.assign(clear, { type: "button", textContent: "Clear progress" });
  clear.title = "Forget the answered exercises of all chapters";
  line.append(count, clear);
  const beside = Object.entries(isList ? named : {}).flatMap(([chapter, names]) => {
    const link = document.querySelector(`main li a[href="${chapter}.html"]`);
    const number = document.createElement("small");
    link?.after(number);
    return link ? [[number, names]] : [];
  });
  (isList ? beside[0]?.[0].closest("section") : places[0].closest("section"))?.querySelector("h1, h2").after(line);

  function show() {
    count.textContent = `${done(all)} of ${all.length} answered${done(all) ? ", kept in this browser only" : ""}. `;
    line.hidden = isList && !done(all);
    clear.hidden = !done(all);
    for (const [number, names] of beside) number.textContent = done(names) ? ` (${done(names)} of ${names.length})` : "";
    for (const place of places) place.classList.toggle("answered", Object.hasOwn(kept, place.dataset.exercise));
  }

  recall();
  show();
  document.addEventListener("answered", ({ detail }) => {
    recall(); // another page may have added to it
    kept[detail] = true;
    keep();
    show();
  });
  clear.addEventListener("click", () => {
    kept = {};
    try { localStorage.removeItem(KEY); } catch { /* nothing was kept */ }
    show();
    count.tabIndex = -1;
    count.focus();
  });
  addEventListener("storage", ({ key }) => {
    if (key !== KEY && key !== null) return;
    kept = {};
    recall();
    show();
  });
})();
