"use strict";
(() => {
  const root = document.documentElement;
  const byId = id => document.getElementById(id);
  const table = byId("table");
  if (!table) return;

  const title = document.title;
  const body = table.tBodies[0];
  const shown = byId("shown");
  const text = byId("filter-text");
  const fields = ["severity", "action", "status", "age", "kind", "owner"];
  const selects = Object.fromEntries(fields.map(field => [field, byId("filter-" + field)]));
  const ranks = { critical: 4, high: 3, medium: 2, low: 1 };
  const rows = Array.from(body.rows, (row, place) => {
    const cell = n => row.cells[n].textContent.trim();
    const { kind, age } = row.dataset;
    const words = [cell(1), cell(2), cell(3), kind].join("\n").toLowerCase();
    return {
      row, id: row.cells[1].firstElementChild.hash.slice(1), visible: true, words, kind, age,
      severity: cell(0), owner: cell(3), action: cell(5), status: cell(6),
      keys: {
        given: place, severity: ranks[cell(0)], title: cell(1).toLowerCase(), place: cell(2).toLowerCase(),
        owner: cell(3).toLowerCase(), days: cell(4) === "" ? -1 : Number(cell(4)), action: cell(5), status: cell(6),
      },
    };
  });
  const byFingerprint = new Map(rows.map(entry => [entry.id, entry]));

  // Of the rows that pass the filter, as many stand in the table as the reader has scrolled to: the
  // browser lays out hundreds at once, and thousands not.
  const portion = 250;
  const more = byId("more");
  let passing = rows;
  let placed = 0;

  function place(count) {
    body.append(...passing.slice(placed, count).map(entry => entry.row));
    placed = Math.min(count, passing.length);
    more.hidden = placed === passing.length;
  }

  function show() {
    passing = sorted.filter(entry => entry.visible);
    body.replaceChildren();
    placed = 0;
    place(portion);
    const number = n => n.toLocaleString("en");
    shown.textContent = `${number(passing.length)} of ${number(rows.length)} shown`;
  }

  // The order of the rows: by a column, or as they were given.
  const given = { key: "given", down: false };
  let order = given;
  let sorted = rows.slice();

  function sort(wanted) {
    if (wanted.key === order.key && wanted.down === order.down) return;
    order = wanted;
    const way = order.down ? -1 : 1;
    sorted = rows.slice().sort((a, b) => {
      const [x, y] = [a.keys[order.key], b.keys[order.key]];
      return x < y ? -way : x > y ? way : a.keys.given - b.keys.given;
    });
    for (const head of heads) {
      if (head.dataset.sort !== order.key) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    }
  }

  function filter() {
    const wanted = fields.filter(field => selects[field].value !== "");
    const words = text.value.toLowerCase().split(/\s+/).filter(word => word !== "");
    for (const entry of rows) {
      entry.visible = wanted.every(field => entry[field] === selects[field].value)
        && words.every(word => entry.words.includes(word));
    }
    show();
  }

  // What the address says of the table, so that a view of it can be linked to.
  function address() {
    const said = new URLSearchParams();
    if (text.value.trim() !== "") said.set("text", text.value.trim());
    for (const field of fields) if (selects[field].value !== "") said.set(field, selects[field].value);
    if (order !== given) said.set("sort", (order.down ? "-" : "") + order.key);
    const hash = said.toString();
    return hash === "" ? "secrets" : hash;
  }

  function obey(hash) {
    const said = new URLSearchParams(hash);
    text.value = said.get("text") ?? "";
    for (const field of fields) {
      selects[field].value = said.get(field) ?? "";
      if (selects[field].selectedIndex < 0) selects[field].value = "";
    }
    const key = said.get("sort") ?? "";
    const head = heads.find(head => head.dataset.sort === key.replace("-", ""));
    sort(head ? { key: head.dataset.sort, down: key.startsWith("-") } : given);
    filter();
  }

  function change() {
    filter();
    history.replaceState(null, "", "#" + address());
  }

  // The page of a secret, made when it is asked for.
  let current = null;
  let scrolled = 0;

  function fill(article) {
    const source = article.querySelector("noscript");
    if (!source) return;
    article.innerHTML = source.textContent;
    for (const place of article.querySelectorAll(".shared")) {
      const section = byId(place.firstElementChild.hash.slice(1));
      place.replaceWith(...section.lastElementChild.cloneNode(true).childNodes);
    }
  }

  function guide(article) {
    const own = byFingerprint.get(article.id);
    const list = own.visible ? passing : [own, ...passing];
    const at = list.indexOf(own);
    const nav = article.querySelector("nav");
    for (const old of nav.querySelectorAll("[rel=prev], [rel=next]")) old.remove();
    for (const [rel, name, entry] of [["prev", "Previous", list[at - 1]], ["next", "Next", list[at + 1]]]) {
      if (!entry) continue;
      const link = document.createElement("a");
      Object.assign(link, { rel, href: "#" + entry.id, textContent: name });
      nav.append(link);
    }
    nav.firstElementChild.href = "#" + address();
  }

  function open(article) {
    if (!current) scrolled = window.scrollY;
    else current.classList.remove("shown");
    fill(article);
    guide(article);
    current = article;
    article.classList.add("shown");
    root.classList.add("one");
    const heading = article.querySelector("h2");
    document.title = heading.textContent.trim();
    window.scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  function close() {
    if (!current) return;
    const own = byFingerprint.get(current.id);
    const at = passing.indexOf(own);
    if (at >= placed) place(at + portion);
    current.classList.remove("shown");
    current = null;
    root.classList.remove("one");
    document.title = title;
    window.scrollTo(0, scrolled);
    if (at >= 0) own.row.cells[1].firstElementChild.focus({ preventScroll: true });
  }

  function route() {
    const hash = location.hash.slice(1);
    if (byFingerprint.has(hash)) return open(byId(hash));
    const back = current !== null;
    const asked = hash.includes("=");
    if (asked || hash === "" || hash === "secrets") obey(asked ? hash : "");
    close();
    if (asked && !back) byId("secrets").scrollIntoView();
  }

  const heads = Array.from(table.tHead.rows[0].cells);
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const key = head.dataset.sort;
      const first = key === "severity" || key === "days";
      sort({ key, down: order.key === key ? !order.down : first });
      show();
      history.replaceState(null, "", "#" + address());
    });
  }
  for (const name of document.querySelectorAll("[data-filter]")) {
    const link = document.createElement("a");
    link.textContent = name.textContent.trim();
    link.href = "#" + new URLSearchParams({ [name.dataset.filter]: link.textContent });
    name.replaceChildren(link);
  }
  let pause = 0;
  text.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(change, 60);
  });
  for (const field of fields) selects[field].addEventListener("change", change);
  byId("clear").addEventListener("click", () => {
    obey("");
    history.replaceState(null, "", "#secrets");
    text.focus();
  });
  const all = () => place(passing.length);
  more.firstElementChild.addEventListener("click", all);
  window.addEventListener("beforeprint", all);
  const near = new IntersectionObserver(seen => {
    if (seen.some(entry => entry.isIntersecting)) place(placed + portion);
  }, { rootMargin: "1500px" });
  near.observe(more);
  byId("filter").hidden = false;
  window.addEventListener("hashchange", route);
  root.classList.add("ready");
  route();
})();
