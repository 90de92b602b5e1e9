"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const dialog = $("#details"), search = $("#search"), PHASES = ["dns", "connect", "tls", "wait", "receive"];
  document.documentElement.classList.add("js");

  // Everything about the probes is parsed on first use: a report of thousands must open at once.
  let store;
  const data = () => (store ??= JSON.parse($("#data").textContent));
  const say = text => { $(dialog.open ? "#details [role=status]" : "#said").textContent = text; };

  // Text enters the page only through append and textContent, never as markup.
  const make = (tag, className, ...children) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };
  const section = (title, ...children) => make("section", "", make("h3", "", title), ...children);
  const list = (items, className) => make("ul", className, ...items.map(item => make("li", "mono", item)));
  const pairs = entries => make("dl", "pairs mono", ...entries.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
  const command = (title, text) => {
    const button = make("button", "copy", data().words.copy);
    button.setAttribute("aria-label", `${data().words.copy}: ${title}`);
    return make("div", "command", make("h3", "", title), make("pre", "", text), button);
  };

  // ---- the details of one probe

  const bar = (phases, total) => {
    const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "phases");
    svg.setAttribute("aria-hidden", "true");
    let from = 0;
    phases.forEach((length, index) => {
      if (length == null) return;
      const part = document.createElementNS(space, "rect"), share = 100 / total;
      const facts = { class: PHASES[index], x: `${from * share}%`, width: `${Math.max(length * share, 0.4)}%`, height: "100%" };
      for (const name in facts) part.setAttribute(name, facts[name]);
      svg.append(part);
      from += length;
    });
    return svg;
  };

  const attempt = (one, { words, shared }) => {
    const spent = one.phases.flatMap((length, index) => (length == null ? [] : [`${words.phases[index]} ${length} ms`]));
    const parts = one.sent ? [make("p", "mono sent", one.sent)] : [];
    parts.push(pairs(shared[one.headers]));
    if (spent.length) parts.push(bar(one.phases, Math.max(one.phases.reduce((sum, length) => sum + (length ?? 0), 0), 1)));
    parts.push(make("p", "times", [one.at, `${one.elapsed} ms`, ...spent, ...(one.peer ?? [])].join(" · ")));
    parts.push(make("p", "mono came", one.came));
    if (one.answer) parts.push(pairs(one.answer));
    return section(one.title, ...parts);
  };

  const fill = probe => {
    const { words, shared } = data(), verdict = shared[probe.verdict], parts = [];
    if (verdict.summary) {
      const why = make("section", "", make("p", "lead", verdict.summary));
      if (verdict.remedy) why.append(make("p", "", verdict.remedy));
      parts.push(why);
    }
    if (verdict.facts) parts.push(section(words.verdict, pairs(verdict.facts)));
    for (const [title, text] of probe.commands ?? []) parts.push(command(title, text));
    if (probe.facts) parts.push(section(words.seen, pairs(probe.facts)));
    for (const one of probe.attempts ?? []) parts.push(attempt(one, data()));
    if (probe.paths != null) parts.push(section(words.paths, list(shared[probe.paths], "paths")));
    for (const name of ["values", "captures", "links"]) if (probe[name]) parts.push(section(words[name], pairs(probe[name])));
    parts.push(section(words.probe, pairs(probe.about)));
    const tag = $("header .tag", dialog);
    tag.className = `tag o ${probe.outcome}`;
    tag.textContent = `${words.outcomes[probe.outcome]} ${probe.status}`;
    $("h2", dialog).textContent = `${probe.method} ${probe.url}`;
    $("[role=status]", dialog).textContent = "";
    $("#body").replaceChildren(...parts);
  };
  const show = index => {
    fill(data().probes[index]);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    remember({ probe: data().probes[index].id });
  };

  // ---- deep links: #probe=ID opens a request, #show=works,denied&q=TEXT filters; the address always tells what is seen

  const chips = all(".chip");
  const stated = () => new URLSearchParams(location.hash.slice(1));
  const remember = changes => {
    const state = stated();
    for (const name of [...state.keys()]) if (!["probe", "show", "q"].includes(name)) state.delete(name);
    for (const name in changes) changes[name] ? state.set(name, changes[name]) : state.delete(name);
    history.replaceState(null, "", state.size ? `#${state}` : location.pathname + location.search);
  };
  const restore = () => {
    const state = stated(), wanted = state.get("show")?.split(",");
    if (wanted || state.has("q")) {
      for (const chip of chips) chip.ariaPressed = String(!wanted || wanted.includes(chip.value));
      search.value = state.get("q") ?? "";
      filter();
    }
    const index = state.has("probe") ? data().probes.findIndex(one => one.id === state.get("probe")) : -1;
    if (index >= 0) show(index);
  };

  // ---- copying: pages opened from a disk often have no clipboard of their own, an old command then does it

  const copy = async button => {
    const source = $("pre, code", button.parentElement), text = source.textContent;
    let done = false;
    try { await navigator.clipboard.writeText(text); done = true; } catch {
      const area = make("textarea", "vh", text);
      area.readOnly = true;
      button.after(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    if (!done) {
      const folded = source.closest("details");
      if (folded) folded.open = true;
      getSelection().selectAllChildren(source);
    }
    const { copy: before, copied, select } = data().words;
    say(done ? copied : select);
    button.textContent = done ? copied : (button.dataset.label ?? before);
    setTimeout(() => { button.textContent = button.dataset.label ?? before; }, 1800);
  };

  // ---- moving in the matrix

  const usable = cell => cell.matches("td.o:not(.off)") && cell.offsetParent;
  const rows = table => [...table.rows].filter(row => !row.hidden && !row.parentElement.hidden && [...row.cells].some(usable));
  const enter = cell => {
    if (!cell) return;
    for (const old of all("td[tabindex='0']", cell.closest("table"))) old.tabIndex = -1;
    cell.tabIndex = 0;
  };
  const neighbour = (cell, key, whole) => {
    const lines = rows(cell.closest("table")), here = [...cell.parentElement.cells].filter(usable);
    if (key === "ArrowLeft" || key === "ArrowRight") return here[here.indexOf(cell) + (key === "ArrowLeft" ? -1 : 1)];
    if (key === "Home" || key === "End") {
      const line = whole ? [...lines.at(key === "Home" ? 0 : -1).cells].filter(usable) : here;
      return line.at(key === "Home" ? 0 : -1);
    }
    const line = lines[lines.indexOf(cell.parentElement) + (key === "ArrowUp" ? -1 : 1)];
    const away = other => Math.abs(other.cellIndex - cell.cellIndex);
    return line && [...line.cells].filter(usable).reduce((best, other) => (away(other) < away(best) ? other : best));
  };

  for (const table of all(".grid table")) {
    table.setAttribute("role", "grid");
    table.setAttribute("aria-describedby", "keys");
    for (const cell of all("td.o", table)) cell.tabIndex = -1;
    enter($("td.o:not(.alike)", table));
  }

  // ---- filtering

  let stacks;
  const matching = words => {
    stacks ??= data().probes.map(probe => JSON.stringify([probe.id, probe.method, probe.url, probe.status, probe.facts, data().shared[probe.verdict]]).toLowerCase());
    return index => words.every(word => stacks[index].includes(word));
  };
  const filter = () => {
    const wanted = new Set(chips.filter(chip => chip.ariaPressed === "true").map(chip => chip.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean), fits = words.length ? matching(words) : () => true;
    let count = 0;
    if (words.length || wanted.size < chips.length) for (const box of all(".fold input")) box.checked = true;
    for (const table of all(".grid table")) {
      for (const body of table.tBodies) {
        for (const row of body.rows) {
          const cells = all("td.o", row);
          let found = 0;
          for (const cell of cells) {
            const on = wanted.has(cell.classList[1]) && fits(cell.dataset.p);
            cell.classList.toggle("off", !on);
            found += on;
          }
          row.hidden = cells.length > 0 && !found;
          count += found;
        }
        body.hidden = !all("tr:not(.head)", body).some(row => !row.hidden);
      }
      const first = $("td.o:not(.off)", table);
      table.parentElement.hidden = !first;
      if (!$("td[tabindex='0']:not(.off)", table)) enter(first);
    }
    $("#count").textContent = `${count} / ${all("td.o").length}`;
    $("#empty").hidden = count > 0;
  };
  const refine = () => {
    const on = chips.filter(chip => chip.ariaPressed === "true").map(chip => chip.value);
    remember({ show: on.length < chips.length ? on.join(",") || "none" : "", q: search.value.trim() });
    filter();
  };

  // ---- events

  document.addEventListener("click", event => {
    const opener = event.target.closest("[data-p]"), button = event.target.closest(".copy");
    const chip = event.target.closest(".chip");
    if (button) copy(button);
    else if (chip) { chip.ariaPressed = String(chip.ariaPressed !== "true"); refine(); }
    else if (event.target.id === "reset") { for (const one of chips) one.ariaPressed = "true"; search.value = ""; refine(); search.focus(); }
    else if (opener) show(opener.dataset.p);
    else if (event.target === dialog || event.target.closest("#close")) dialog.close();
  });
  document.addEventListener("focusin", event => { if (event.target.matches("td.o")) enter(event.target); });
  document.addEventListener("keydown", event => {
    const cell = event.target.closest("td.o");
    if (!cell || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") show(cell.dataset.p);
    else if (/^(Arrow|Home$|End$)/.test(event.key)) neighbour(cell, event.key, event.ctrlKey)?.focus();
    else return;
    event.preventDefault();
  });
  let waiting;
  search?.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refine, 90); });
  dialog.addEventListener("close", () => remember({ probe: "" }));
  addEventListener("hashchange", restore);
  restore();
})();
