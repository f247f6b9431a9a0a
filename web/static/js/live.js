// The live channel of who is logged in: messages, read marks, who is there and who writes, notifications, orders and badges
// without a reload. Without it the same pages work by plain forms; what is missed while it is away is read again when it
// is back.
"use strict";
(() => {
  if (typeof io !== "function") return;
  const { say } = window.marketplace;
  const user = document.body.dataset.user;
  const chat = document.querySelector("[data-chat]");
  const socket = io({ path: "/socket.io/", autoConnect: false });
  const title = document.title;
  // crypto.randomUUID exists on https only; a marketplace on a local network may have none.
  const newID = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const badge = (kind, count) => {
    const element = document.querySelector(`[data-badge="${kind}"]`);
    if (!element) return;
    element.hidden = count === 0;
    element.querySelector("b").textContent = count > 99 ? "99+" : String(count);
  };

  socket.on("unread", ({ messages, notifications }) => {
    badge("messages", messages);
    badge("notifications", notifications);
    document.title = messages + notifications > 0 ? `(${messages + notifications}) ${title}` : title;
  });

  // A page that shows what has changed is read again and put in the place of the old one; where somebody has begun to
  // fill in a form, they are told instead. A form that is on its way brings the new page by itself.
  const main = document.getElementById("main");
  let leaving = false;
  addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("submit", (event) => { leaving ||= !event.defaultPrevented; });
  const showAgain = async () => {
    if (leaving) return;
    if (window.marketplace.touched || document.activeElement?.matches("#main :is(input, select, textarea)")) {
      if (main.querySelector("[data-changed]")) return;
      const note = document.createElement("p");
      note.className = "notice info wrap";
      note.dataset.changed = "";
      note.setAttribute("role", "status");
      const link = document.createElement("a");
      link.href = location.pathname + location.search;
      link.textContent = say("Show it");
      note.append(say("This page has changed."), " ", link);
      main.prepend(note);
      return;
    }
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (window.marketplace.touched) return showAgain(); // meanwhile
      const open = new Set(Array.from(main.querySelectorAll("details[open] > summary"), (summary) => summary.textContent));
      main.replaceChildren(...document.importNode(fresh, true).childNodes);
      main.querySelectorAll("details > summary").forEach((summary) => { if (open.has(summary.textContent)) summary.parentElement.open = true; });
      window.marketplace.enhance(main);
      watchPresence();
    } catch {
      // The next change, or the next connection, tries again.
    }
  };
  let soon;
  const outdated = (what) => {
    if (!main.querySelector(`[data-shows~="${what}"]`)) return;
    clearTimeout(soon);
    soon = setTimeout(showAgain, 300);
  };

  const orderShown = () => main.querySelector("[data-order]")?.dataset;
  const onOrder = (order) => {
    const shown = orderShown();
    if (!shown || shown.order === order.order_id && Number(shown.version) < order.version) outdated("order");
  };
  socket.on("order", (order) => {
    onOrder(order);
    renewOffers("[data-offer][data-open]"); // their milestones
  });
  let connections = 0;
  socket.on("connect", () => { // what was missed
    const shown = orderShown();
    if (shown) socket.timeout(10000).emit("order", { id: shown.order }, (failed, answer) => { if (answer?.order) onOrder(answer.order); });
    else if (connections > 0) ["order", "offer", "notification", "conversations"].forEach(outdated);
    connections += 1;
    renewOffers("[data-offer][data-open]");
    renewOfferPage();
  });

  // An offer among the messages is shown as it is now, unless somebody is writing an answer to it.
  const readOffer = async (id) => {
    try {
      const answer = await fetch(`/offers/${encodeURIComponent(id)}/card?back=${encodeURIComponent(location.pathname)}`, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return null;
      return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-offer]");
    } catch {
      return null; // the next change, or the next connection, tries again
    }
  };
  const renew = async (card) => {
    const fresh = await readOffer(card.dataset.offer);
    if (!fresh || fresh.dataset.mark === card.dataset.mark || card.querySelector("details[open]")) return;
    window.marketplace.localize(fresh);
    card.replaceWith(document.importNode(fresh, true));
  };
  const renewOffers = (which) => chat?.querySelectorAll(which).forEach(renew);
  const renewOfferPage = async () => {
    const shown = main.querySelector("[data-offer-page]");
    const fresh = shown && await readOffer(shown.dataset.offerPage);
    if (fresh && fresh.dataset.mark !== shown.dataset.mark) outdated("offer");
  };
  socket.on("offer", ({ offer_id: id }) => {
    outdated("offer");
    renewOffers(`[data-offer="${CSS.escape(id)}"]`);
  });

  socket.on("notification", (event) => {
    outdated("notification");
    if (chat && event.kind && event.kind.includes("message")) return;
    const local = typeof event.link === "string" && /^\/(?![/\\])/.test(event.link);
    const toast = document.createElement(local ? "a" : "div");
    toast.className = "toast";
    if (local) toast.href = event.link;
    const heading = document.createElement("b");
    heading.textContent = event.title;
    const text = document.createElement("span");
    text.textContent = event.text || "";
    toast.append(heading, text);
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), 8000);
  });

  // Who is there: of everybody whom the page shows.
  const ago = (at) => {
    const minutes = Math.max(0, Math.round((Date.now() - new Date(at)) / 60000));
    const [unit, length] = minutes < 60 ? ["minute", 1] : minutes < 1440 ? ["hour", 60] : ["day", 1440];
    return new Intl.RelativeTimeFormat(document.documentElement.lang || undefined, { numeric: "auto" }).format(-Math.floor(minutes / length), unit);
  };
  const showPresence = ({ user_id: id, online, last_seen_at: at }) => {
    document.querySelectorAll(`[data-presence="${CSS.escape(id)}"]`).forEach((element) => {
      element.classList.toggle("online", online);
      if (element.matches(".presence")) element.textContent = online ? say("Online") : at ? `${say("Last seen")} ${ago(at)}` : "";
    });
  };
  socket.on("presence", showPresence);
  const watchPresence = () => {
    const people = new Set(Array.from(document.querySelectorAll("[data-presence]"), (element) => element.dataset.presence));
    if (people.size === 0) return;
    socket.timeout(10000).emit("watch", { user_ids: Array.from(people) }, (failed, answer) => answer?.people?.forEach(showPresence));
  };
  socket.on("connect", watchPresence);

  // What a row of the list says of a message.
  const inRow = (message) => {
    const row = document.querySelector(`[data-conversation="${CSS.escape(message.conversation_id)}"]`);
    if (!row || Number(row.dataset.last) > message.seq) return row;
    const words = message.kind === "offer" ? `${say("Custom offer")}: ${message.text}` : message.deleted_at ? say("This message was deleted") : message.text || (message.attachments || []).map((file) => file.name).join(", ");
    row.querySelector(".conversation-last").textContent = (message.sender_id === user ? say("You") + ": " : "") + words;
    row.dataset.last = message.seq;
    return row;
  };

  // The list of conversations, on the inbox and beside a chat.
  const inList = (message) => {
    const row = inRow(message);
    if (!row) {
      outdated("conversations");
      return;
    }
    row.parentElement.prepend(row);
    const open = chat && chat.dataset.chat === message.conversation_id;
    if (message.sender_id === user || open) return;
    const count = row.querySelector(".count");
    row.classList.add("unread");
    count.querySelector("b").textContent = String((count.hidden ? 0 : Number(count.querySelector("b").textContent) || 0) + 1);
    count.hidden = false;
  };

  const list = chat?.querySelector("[data-messages]");
  const scroller = chat?.querySelector("[data-scroll]");
  let last = chat ? Number(chat.dataset.last) : 0;
  let seen = chat ? Number(chat.dataset.read) : 0;
  let lastChange = chat ? Number(chat.dataset.change) : 0;
  const past = chat && "past" in chat.dataset; // older messages, or what a search has found: nothing is added below them

  const atEnd = () => Math.abs(scroller.scrollTop) < 80; // the column is reversed: 0 is the end
  const toEnd = () => { scroller.scrollTop = 0; };

  const bubble = (message) => {
    const mine = message.sender_id === user;
    const item = document.createElement("li");
    item.className = mine ? "message mine" : "message";
    if (message.seq) item.dataset.seq = message.seq;
    if (message.client_id) item.dataset.client = message.client_id;
    const text = document.createElement("p");
    text.className = "bubble";
    const who = document.createElement("span");
    who.className = "visually-hidden";
    who.textContent = (mine ? say("You") : message.sender_username) + ": ";
    text.append(who, message.text);
    const at = document.createElement("p");
    at.className = "message-at small muted";
    const time = document.createElement("time");
    time.dateTime = message.created_at;
    time.dataset.clock = "";
    at.append(time);
    item.append(text, at);
    window.marketplace.localize(item);
    return item;
  };

  // place puts an item where its number belongs, once.
  const place = (item) => {
    const seq = Number(item.dataset.seq);
    if (list.querySelector(`[data-seq="${seq}"]`)) return;
    const waiting = item.dataset.client && list.querySelector(`.sending[data-client="${CSS.escape(item.dataset.client)}"]`);
    if (waiting) waiting.remove();
    const stayed = atEnd();
    const after = Array.from(list.querySelectorAll(".message[data-seq]")).find((other) => Number(other.dataset.seq) > seq);
    const pending = list.querySelector(".sending");
    list.insertBefore(item, after || pending);
    chat.querySelector("[data-empty]")?.remove();
    last = Math.max(last, seq);
    if (stayed || item.classList.contains("mine")) toEnd();
    look();
  };

  // look tells that the messages were seen: the page is in front and the end is in view.
  const look = () => {
    if (!chat || !socket.connected || document.visibilityState !== "visible" || !atEnd() || last <= seen) return;
    const seq = last;
    seen = seq;
    socket.timeout(10000).emit("read", { conversation_id: chat.dataset.chat, seq }, (failed, answer) => {
      if (failed || answer?.error) {
        seen = Math.min(seen, seq - 1);
        return;
      }
      chat.querySelector("[data-mark-read]")?.remove();
      const row = document.querySelector(`[data-conversation="${CSS.escape(chat.dataset.chat)}"]`);
      row?.classList.remove("unread");
      row?.querySelector(".count")?.setAttribute("hidden", "");
    });
  };

  // piece reads messages as the server shows them.
  const piece = async (query) => {
    const answer = await fetch(`/inbox/${encodeURIComponent(chat.dataset.chat)}/messages?${query}`, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return [];
    const page = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
    return Array.from(page.querySelectorAll(".message[data-seq]"), (item) => {
      window.marketplace.localize(item);
      return document.importNode(item, true);
    });
  };

  // swap puts messages as they are now in the place of what is shown; a menu that is open stays open.
  const swap = (items) => items.forEach((item) => {
    lastChange = Math.max(lastChange, Number(item.dataset.change));
    const shown = list.querySelector(`[data-seq="${item.dataset.seq}"]`);
    if (!shown || shown.dataset.change === item.dataset.change) return;
    const menu = shown.querySelector("[data-menu][open]") && item.querySelector("[data-menu]");
    if (menu) menu.open = true;
    shown.replaceWith(item);
  });

  // complete gives an own message that was just sent its menu.
  const complete = (seq) => piece(`after=${seq - 1}`).then((items) => swap(items.filter((item) => Number(item.dataset.seq) === seq))).catch(() => {});

  // catchUp reads what came while the channel was away, page by page, exactly from the last message that is shown.
  let reading = false;
  const catchUp = async () => {
    if (!chat || reading) return;
    reading = true;
    try {
      for (let more = !past; more;) {
        const items = await piece(`after=${last}`);
        items.forEach(place);
        more = items.length >= 50;
      }
      for (let more = true; more;) {
        const items = await piece(`changed=${lastChange}`);
        swap(items);
        more = items.length >= 50;
      }
    } catch {
      // The next connection tries again.
    } finally {
      reading = false;
    }
  };

  socket.on("message", (message) => {
    inList(message);
    if (!chat || past || message.conversation_id !== chat.dataset.chat) return;
    if (message.sender_id !== user) stopTyping();
    if (message.seq > last + 1 || message.kind !== "text" || message.attachments.length > 0 || message.warnings.length > 0) {
      catchUp();
      return;
    }
    place(bubble(message));
    if (message.sender_id === user) complete(message.seq);
  });

  socket.on("message_changed", (message) => {
    inRow(message);
    if (message.conversation_id === chat?.dataset.chat) catchUp();
  });

  const typing = chat?.querySelector("[data-typing]");
  let typingEnds;
  const stopTyping = () => { if (typing) typing.hidden = true; };
  socket.on("typing", ({ conversation_id: id }) => {
    if (id !== chat?.dataset.chat) return;
    typing.hidden = false;
    clearTimeout(typingEnds);
    typingEnds = setTimeout(stopTyping, 5000);
  });

  socket.on("read", ({ conversation_id: id, seq }) => {
    if (!chat || id !== chat.dataset.chat) return;
    list.querySelectorAll(".mine[data-seq]").forEach((item) => {
      if (Number(item.dataset.seq) > seq || item.querySelector("[data-seen]")) return;
      const mark = document.createElement("span");
      mark.dataset.seen = "";
      mark.textContent = say("Seen");
      item.querySelector(".message-at").append(" · ", mark);
    });
  });

  socket.on("connect", catchUp);
  // A page that was let go of, because newer ones were opened, comes back when somebody looks at it.
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && !socket.active) socket.connect(); });
  const state = chat?.querySelector("[data-live-state]");
  socket.on("connect", () => { document.documentElement.dataset.live = "on"; if (state) state.hidden = true; look(); });
  socket.on("disconnect", () => {
    document.documentElement.dataset.live = "off";
    if (!state) return;
    state.textContent = say("Reconnecting…");
    state.hidden = false;
  });

  if (chat) {
    document.addEventListener("visibilitychange", look);
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") catchUp(); }); // a signal may be lost
    scroller.addEventListener("scroll", look, { passive: true });
  }

  const form = chat?.querySelector("[data-send]");
  if (form) {
    const input = form.querySelector("textarea");
    const files = form.querySelector("input[type=file]");

    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });

    let typed = 0;
    input.addEventListener("input", () => {
      if (!socket.connected || !input.value || Date.now() - typed < 3000) return;
      typed = Date.now();
      socket.emit("typing", { conversation_id: chat.dataset.chat });
    });

    const tell = (text) => {
      if (!state) return;
      state.textContent = text;
      state.hidden = !text;
    };

    // sendFiles sends the whole form and stays here; what is refused is said, and stays in the form.
    const sendFiles = async () => {
      const button = form.querySelector("button[type=submit]");
      if (button.getAttribute("aria-busy")) return;
      button.setAttribute("aria-busy", "true");
      tell(say("Sending…"));
      try {
        const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
        if (answer.ok) {
          form.reset();
          input.value = "";
          form.elements.client_id.value = newID();
          form.querySelector("[data-attach]").open = false;
          input.dispatchEvent(new Event("input", { bubbles: true }));
          tell("");
          await catchUp();
          toEnd();
          return;
        }
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        tell((page.querySelector(".chat-form .field-error") || page.querySelector(".chat-form .notice") || page.querySelector("main h1"))?.textContent.trim() || say("Not sent. Check your connection and send it again."));
      } catch {
        tell(say("Not sent. Check your connection and send it again."));
      } finally {
        button.removeAttribute("aria-busy");
      }
    };

    // Files are dropped on the form or pasted into it, too.
    const take = (list) => {
      if (!list.length) return false;
      const all = new DataTransfer();
      [...files.files, ...list].slice(0, 10).forEach((file) => all.items.add(file));
      files.files = all.files;
      form.querySelector("[data-attach]").open = true;
      return true;
    };
    input.addEventListener("paste", (event) => { if (take(event.clipboardData.files)) event.preventDefault(); });
    chat.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("drop"); });
    chat.addEventListener("dragleave", () => form.classList.remove("drop"));
    chat.addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("drop"); take(event.dataTransfer.files); });

    // While the channel is away the form is sent as a form. A message that was refused, or not answered, goes back into
    // the input with its number, so that sending it again stores it once.
    let resent = null;
    form.addEventListener("submit", (event) => {
      const text = input.value.trim();
      if (!text && !files.files.length) {
        event.preventDefault();
        return;
      }
      if (!socket.connected || past) return;
      event.preventDefault();
      if (files.files.length) {
        sendFiles();
        return;
      }
      typed = 0;
      const client = resent?.text === text ? resent.client : newID();
      resent = null;
      const waiting = bubble({ sender_id: user, client_id: client, text, created_at: new Date().toISOString() });
      waiting.classList.add("sending");
      list.append(waiting);
      chat.querySelector("[data-empty]")?.remove();
      input.value = "";
      input.dispatchEvent(new Event("input", { bubbles: true }));
      toEnd();
      const request = { conversation_id: chat.dataset.chat, client_id: client, text };
      socket.timeout(10000).emit("message", request, (failed, answer) => {
        if (!failed && answer?.message) {
          waiting.remove();
          inList(answer.message);
          if (answer.message.warnings.length > 0) {
            catchUp();
            return;
          }
          place(bubble(answer.message));
          complete(answer.message.seq);
          return;
        }
        waiting.classList.replace("sending", "failed");
        waiting.querySelector(".message-at").textContent = answer?.error?.fields?.[0]?.message || answer?.error?.message || say("Not sent. Check your connection and send it again.");
        if (!input.value) {
          input.value = text;
          resent = { text, client };
          waiting.remove();
          if (state) {
            state.textContent = waiting.querySelector(".message-at").textContent;
            state.hidden = false;
          }
        }
      });
    });
  }

  socket.connect();
})();
