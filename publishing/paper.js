// Makes one document of the whole book, for the printer. Runs in a page of the site's own address, in `publishing.pdf`.
//
// Chapters follow each other in the order of the contents; what a fold hides is open, solutions stand at the end; a link
// into another chapter becomes a link within the document. No figure's script runs: each shows its first state, as built.
async (landing) => {
  const main = document.querySelector("main");
  const stem = (address) => address.pathname.split("/").at(-1).replace(/\.html$/, "");
  const read = async (address) => new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const first = await read(landing);
  const chapters = [{ title: first.querySelector("h1").firstChild.data, address: new URL(landing) }];
  for (const caption of first.querySelectorAll("nav .caption")) {
    for (const link of caption.nextElementSibling.querySelectorAll(":scope > li > a")) {
      chapters.push({ title: link.textContent, address: new URL(link.getAttribute("href"), landing), part: caption.textContent.trim() });
    }
  }
  const inBook = new Set(chapters.map(({ address }) => address.pathname));

  /** Make every id the document's own, and every link either one within it, or one to the web, or plain text. */
  function anchor(section, address) {
    for (const element of [section, ...section.querySelectorAll("[id]")]) {
      if (!element.closest("svg")) element.id = `${stem(address)}--${element.id}`;
    }
    section.prepend(make("a", { id: stem(address) }));
    for (const link of section.querySelectorAll("a[href]")) {
      const target = new URL(link.getAttribute("href"), address);
      if (inBook.has(target.pathname) && target.host === address.host) {
        link.setAttribute("href", `#${stem(target)}${target.hash && "--" + target.hash.slice(1)}`);
      } else if (target.host === address.host) link.replaceWith(...link.childNodes);
    }
  }

  /** Take the solutions out of a chapter; return them with what they solve. */
  function solutions(section) {
    const taken = [];
    for (const fold of section.querySelectorAll("details.folded")) {
      const name = fold.querySelector("summary").textContent;
      if (!/^(Solution|Answers?)\b/.test(name)) { fold.open = true; continue; }
      let asked = fold.previousElementSibling;
      while (asked && !asked.matches("p:has(> strong:first-child)")) asked = asked.previousElementSibling;
      const subject = asked?.querySelector("strong").textContent ?? fold.parentElement.querySelector("h2, h3").textContent;
      const number = `solution-${stem(new URL(section.dataset.address))}-${taken.length + 1}`;
      const place = make("p", { id: `asked-${number}`, className: "solved" },
        make("a", { href: `#${number}`, textContent: `${name} at the end of the book` }));
      fold.replaceWith(place);
      fold.querySelector("summary").remove();
      taken.push(make("section", { id: number }, make("h3", {}, make("a", { href: `#asked-${number}`, textContent: subject })), ...fold.childNodes));
    }
    return taken;
  }

  const end = make("section", { id: "solutions" }, make("h1", { textContent: "Solutions" }));
  for (const { title, address } of chapters) {
    const page = await read(address);
    const section = document.adoptNode(page.querySelector("main > section"));
    section.dataset.address = address;
    section.querySelectorAll(".headerlink, script, .ledger .facts, .figure.control").forEach((part) => part.remove());
    anchor(section, address);
    const solved = solutions(section);
    if (solved.length) end.append(make("section", {}, make("h2", { textContent: title }), ...solved));
    main.append(section);
  }
  main.append(end);
  await document.fonts.ready;

  const headings = [...main.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const canonical = first.querySelector('link[rel="canonical"]');
  return { site: canonical?.getAttribute("href") ?? "", headings: headings.map((heading) => {
    const chapter = chapters.find(({ address }) => heading.closest(`[data-address="${address}"]`));
    const spoken = heading.cloneNode(true); // mathematics is there twice, to be seen and to be read aloud
    spoken.querySelectorAll(".katex-html").forEach((seen) => seen.remove());
    return { level: Number(heading.localName[1]), text: spoken.textContent, html: heading.innerHTML, part: chapter?.part ?? null };
  }) };
}
