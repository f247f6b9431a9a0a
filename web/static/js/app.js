// Everything works without this file. It saves clicks: it keeps forms from being sent twice, sends filters when they
// change, computes what a seller takes home, and shows times of the reader's own zone.
"use strict";
(() => {
  // What the scripts say, in the language of the page.
  const words = JSON.parse(document.body.dataset.words || "{}");
  const say = (text) => words[text] ?? text;
  const tongue = document.documentElement.lang || undefined;
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  // What can wait does not keep the page from being seen and used.
  const later = (work) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: 1500 }) : setTimeout(work, 200));

  // A form is sent once. The buttons come back when the page does (back button).
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    all("button[type=submit]", form).forEach((button) => button.setAttribute("aria-busy", "true"));
  });

  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    all("form[data-sent]").forEach((form) => delete form.dataset.sent);
    all("[aria-busy=true]").forEach((button) => button.removeAttribute("aria-busy"));
    all("form[data-autosubmit] :disabled").forEach((input) => { input.disabled = false; });
  });

  // What is typed long is kept on this device until it is sent: it is there again after a crash, a lost connection or the
  // wrong button. It belongs to who is logged in, goes with logging out, and after a week.
  const week = 7 * 24 * 3600 * 1000;
  const drafts = (keep) => {
    try {
      Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => {
        const draft = JSON.parse(localStorage.getItem(key));
        if (!keep(key, draft)) localStorage.removeItem(key);
      });
    } catch { /* a browser that keeps nothing */ }
  };
  const owner = document.body.dataset.user || "";
  later(() => drafts((key, draft) => key.startsWith(`draft:${owner}:`) && Date.now() - draft.at < week));
  const keepDraft = (form) => {
    const key = `draft:${owner}:${form.getAttribute("action")}`;
    const inputs = () => Array.from(form.elements).filter((e) => e.name && e.type !== "hidden" && e.type !== "file" && e.type !== "password" && "value" in e && e.tagName !== "BUTTON");
    const state = (e) => (e.type === "checkbox" || e.type === "radio" ? e.checked : e.value);
    const written = () => inputs().map(state);
    const first = JSON.stringify(written());
    const forget = () => { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } };
    const restore = (values) => inputs().forEach((e, i) => {
      if (e.type === "checkbox" || e.type === "radio") e.checked = values[i];
      else e.value = values[i];
      e.dispatchEvent(new Event("input", { bubbles: true }));
    });
    let waiting = 0;
    const pause = () => { clearTimeout(waiting); waiting = 0; };
    const keep = () => {
      pause();
      if (form.dataset.sent) return;
      try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), first, values: written() })); } catch { /* full */ }
    };
    form.addEventListener("input", () => { pause(); waiting = setTimeout(keep, 300); });
    addEventListener("pagehide", () => { if (waiting) keep(); }); // or an older draft would be back
    form.addEventListener("submit", () => { pause(); forget(); });
    let draft = null;
    try { draft = JSON.parse(localStorage.getItem(key)); } catch { /* not ours */ }
    // Only over what it was written over: not over what the server says is wrong, or what was changed elsewhere.
    if (!draft || Date.now() - draft.at >= week || draft.first !== first || JSON.stringify(draft.values) === first) return;
    restore(draft.values);
    const note = document.createElement("p");
    note.className = "notice info";
    note.setAttribute("role", "status");
    const text = document.createElement("span");
    text.textContent = say("Your draft from before is back.");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = say("Discard it");
    button.addEventListener("click", () => { restore(JSON.parse(first)); pause(); forget(); note.remove(); });
    note.append(text, button);
    form.before(note);
  };

  // What is wrong is read first.
  document.querySelector("[data-focus]")?.focus({ preventScroll: false });

  // Exact times in the reader's zone; the page has them in UTC. What formats them takes long to make: only if it is needed.
  const formatter = (options) => {
    let made;
    return (at) => (made ??= new Intl.DateTimeFormat(tongue, options)).format(at);
  };
  const exact = formatter({ dateStyle: "medium", timeStyle: "short" });
  const clock = formatter({ hour: "2-digit", minute: "2-digit" });
  const local = (time, show) => {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) show(at);
  };
  const localize = (root) => {
    all("time[data-clock]", root).forEach((time) => local(time, (at) => { time.textContent = clock(at); }));
    const times = all("time[datetime]", root);
    if (times.length > 0) later(() => times.forEach((time) => local(time, (at) => { time.title = exact(at); })));
  };

  // The calculator: the server computes while one types, as it does when the form is sent.
  all("[data-take-home]").forEach((sum) => {
    const inputs = sum.dataset.of.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
    if (inputs.length === 0) return;
    const typed = () => inputs.map((input) => input.value.trim()).filter(Boolean);
    const choices = ["category", "gig_id"].map((name) => inputs[0].form?.elements.namedItem(name)).filter(Boolean);
    let wait = 0;
    const compute = () => {
      const ask = new URL(sum.dataset.takeHome || location.pathname, location.href);
      ask.searchParams.set("part", "yes");
      const prices = typed();
      prices.forEach((price) => ask.searchParams.append("price", price));
      choices.forEach((choice) => { if (choice.value) ask.searchParams.set(choice.name === "gig_id" ? "gig" : "category", choice.value); });
      fetch(ask).then((answer) => (answer.ok ? answer.text() : "")).then((text) => {
        if (typed().join() === prices.join()) sum.innerHTML = text;
      }).catch(() => {});
    };
    inputs.forEach((input) => input.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(compute, 250);
    }));
    choices.forEach((choice) => choice.addEventListener?.("change", () => typed().length && compute()));
  });

  // Menus close when something else is done; a saved answer goes into what is being written.
  document.addEventListener("click", (event) => {
    all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const answer = event.target.closest("[data-insert]");
    const text = answer && document.getElementById("text");
    if (!text) return;
    event.preventDefault();
    answer.closest("[data-menu]").open = false;
    text.setRangeText(answer.dataset.insert, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // How buyers will see a gig, while it is written.
  const preview = document.querySelector("[data-preview]");
  if (preview) {
    const form = document.getElementById(preview.dataset.preview);
    let waiting, latest = 0;
    const draw = async () => {
      const mine = ++latest;
      const body = new URLSearchParams(Array.from(new FormData(form)).filter(([, value]) => typeof value === "string"));
      try {
        const answer = await fetch("/gigs/preview", { method: "POST", body });
        if (answer.ok && mine === latest) preview.innerHTML = await answer.text();
      } catch { /* the last one stays */ }
    };
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(draw, 500);
    });
  }

  // What elements need that are there from the beginning, and those that come later.
  const enhance = (root) => {
    localize(root);
    all("form[data-draft]", root).forEach(keepDraft);

    // Filters are sent when they change, without the empty ones, so that the address stays readable.
    all("form[data-autosubmit]", root).forEach((form) => {
      form.addEventListener("change", (event) => {
        if (event.target.matches("select")) form.requestSubmit();
      });
      form.addEventListener("submit", () => {
        all("input, select", form).forEach((input) => {
          if (input.name && input.value === "") input.disabled = true;
        });
      });
    });

    // Where one is, in a row of tabs that is wider than the screen.
    all(".tabs [aria-current], .chips.scroll [aria-current]", root).forEach((tab) => {
      const row = tab.closest(".tabs, .chips");
      row.scrollLeft += tab.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 2 + tab.offsetWidth / 2;
    });

    // A notification that is followed has been read.
    all("[data-read-notification]", root).forEach((link) => link.addEventListener("click", () => {
      const body = new URLSearchParams({ id: link.dataset.readNotification });
      fetch("/notifications/read", { method: "POST", body, keepalive: true, redirect: "manual" }).catch(() => {});
    }));
  };
  enhance(document);

  window.marketplace = { enhance, localize, say, touched: false };
  document.getElementById("main")?.addEventListener("input", () => { window.marketplace.touched = true; });
})();
