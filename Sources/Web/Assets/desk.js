// The dashboard works without this script. With it, pages stay up to date while they are open, times go on, and a diagnosis is shown in place.
"use strict";
(() => {
  const script = document.currentScript;

  // Parts of the page that may be brought up to date: those with data-fresh, unless somebody is at work in them.
  const isBusy = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, select, button, a, summary")
    || part.querySelector("details[open]") || !getSelection().isCollapsed && part.contains(getSelection().anchorNode);

  let underWay = false;
  let again = false;
  async function refresh() {
    if (underWay) { again = true; return; }
    underWay = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (answer.redirected || answer.status === 401) return location.reload();
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-fresh][id]")) {
        const news = page.getElementById(part.id);
        if (!news || isBusy(part) || part.innerHTML === news.innerHTML) continue;
        const rows = part.querySelector("tbody")?.innerText;
        part.innerHTML = news.innerHTML;
        if (rows !== undefined && rows !== part.querySelector("tbody")?.innerText) {
          part.classList.remove("changed");
          requestAnimationFrame(() => part.classList.add("changed"));
        }
      }
    } catch {
      // The host is away for a moment; the next event, or a click, tries again.
    } finally {
      underWay = false;
      if (again) { again = false; setTimeout(refresh, 1000); }
    }
  }

  const live = script?.dataset.live;
  if (live && document.querySelector("[data-fresh]")) {
    let stream;
    let timer;
    const open = () => {
      stream ??= new EventSource(live);
      stream.addEventListener("news", () => { timer ??= setTimeout(() => { timer = undefined; refresh(); }, 1500); });
    };
    const close = () => { stream?.close(); stream = undefined; };
    document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else { open(); refresh(); } });
    addEventListener("pagehide", close);
    if (!document.hidden) open();
  }

  // Where the navigation does not fit, the present page is in sight.
  const place = document.querySelector("nav [aria-current]");
  if (place) place.parentElement.scrollLeft = place.offsetLeft - (place.parentElement.clientWidth - place.offsetWidth) / 2;

  // A diagnosis takes as long as the source does: its page is read while it comes, and its stages appear in place.
  async function showStages(answer, place) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let shown;
    const add = (from, to) => { if (from && to) to.append(...[...from.children].slice(to.children.length)); };
    for (let done = false; !done;) {
      const piece = await reader.read();
      done = piece.done;
      text += piece.value ?? "";
      // Behind the last line's end something is still on its way.
      const page = new DOMParser().parseFromString(done ? text : text.slice(0, text.lastIndexOf("\n") + 1), "text/html");
      const stages = page.getElementById("stages");
      if (!stages && done) place.replaceChildren(page.querySelector(".failure") ?? `The host answered ${answer.status}.`);
      if (!stages) continue;
      if (!shown) {
        shown = document.importNode(stages, true);
        place.replaceChildren(shown);
      } else {
        add(stages.querySelector("ol"), shown.querySelector("ol"));
        add(stages, shown);
      }
    }
    return shown;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-diagnose]")) return;
    event.preventDefault();
    const place = document.getElementById("diagnosis");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const shown = await showStages(await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }), place);
      if (!document.activeElement || document.activeElement === document.body) shown?.focus();
    } catch {
      const said = document.createElement("p");
      said.className = "card dim";
      said.textContent = "The host did not answer to the end. Is it still running?";
      place.append(said);
    } finally {
      button.disabled = false;
    }
  });
})();
