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

  // A diagnosis takes as long as the source does: its stages appear in place.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-diagnose]")) return;
    event.preventDefault();
    const place = document.getElementById("diagnosis");
    const button = form.querySelector("button");
    const began = Date.now();
    const say = (text) => { const p = document.createElement("p"); p.className = "card dim"; p.textContent = text; place.replaceChildren(p); };
    const tick = () => say(`Asking the source, ${Math.round((Date.now() - began) / 1000)} s …`);
    button.disabled = true;
    tick();
    const timer = setInterval(tick, 1000);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const shown = page.getElementById("stages") ?? page.querySelector(".failure");
      clearInterval(timer);
      if (shown) { place.replaceChildren(shown); shown.focus(); } else say(`The host answered ${answer.status}.`);
    } catch {
      say("The host did not answer. Is it still running?");
    } finally {
      clearInterval(timer);
      button.disabled = false;
    }
  });
})();
