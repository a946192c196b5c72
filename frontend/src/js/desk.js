// Keeps the desk's pages fresh, sounds for P1, and lets the keyboard do what the buttons do.
// Every page works without it: then "Refresh" and the buttons are all there is.
//
//   #desk-live    data-changes-url, data-since   told of changes by server-sent events, or, when there
//                                                are none to be had, asked for every few seconds
//   #desk-queue   is replaced by the same part of the page, fetched again; never while something is
//                 being typed. A case's own page only says that there is something new.

const ASK_EVERY_MS = 5000;
const SOON_MS = 300;
// Clocks on the page run on, so it is fetched again even when nothing happens.
const CLOCKS_MS = 60_000;
const SOUND_KEPT = "vcp-desk-sound";

const live = document.getElementById("desk-live");
const queue = document.getElementById("desk-queue");
const state = document.getElementById("desk-state");
const news = document.getElementById("desk-news");
const known = new Set();
let since = live?.dataset.since ?? "";

function element(name, { className, text, href } = {}) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  if (href) made.href = href;
  return made;
}

function later(action, milliseconds) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}

// Sound: only after the browser lets us, which takes one press; the wish is kept for this browser.

const sound = {
  button: document.getElementById("desk-sound"),
  audio: live ? new Audio(live.dataset.alarmUrl) : null,
  on: false,

  wake() {
    if (!this.button) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => (this.on ? this.set(false) : this.tryOut()));
    if (localStorage.getItem(SOUND_KEPT) === "on") this.tryOut({ quietly: true });
  },
  // A page that was just opened may play nothing until something on it is pressed.
  async tryOut({ quietly = false } = {}) {
    this.audio.volume = quietly ? 0 : 1;
    try {
      await this.audio.play();
      this.set(true);
    } catch {
      this.set(false, "Alarm sound is off: press to turn it on");
      document.addEventListener("click", () => this.on || this.tryOut({ quietly: true }), { once: true });
      document.addEventListener("keydown", () => this.on || this.tryOut({ quietly: true }), { once: true });
      return;
    } finally {
      if (quietly) setTimeout(() => (this.audio.volume = 1), 1500);
    }
    localStorage.setItem(SOUND_KEPT, "on");
  },
  set(on, words = `Alarm sound is ${on ? "on" : "off"}`) {
    this.on = on;
    this.button.textContent = words;
    this.button.setAttribute("aria-pressed", String(on));
    if (!on && words.endsWith("off")) localStorage.setItem(SOUND_KEPT, "off");
  },
  ring() {
    if (!this.on) return;
    this.audio.volume = 1;
    this.audio.currentTime = 0;
    this.audio.play().catch(() => this.set(false, "Alarm sound is off: press to turn it on"));
  },
};

// What is heard and seen when a P1 comes in: sound, the window's title, and a line that is read out.

function alarm(cases) {
  const fresh = cases.filter((one) => !known.has(one.id));
  if (!fresh.length) return;
  fresh.forEach((one) => known.add(one.id));
  for (const one of fresh) {
    const box = element("div", { className: "vcp-notice vcp-notice--bad" });
    const line = element("p");
    const href = live.dataset.caseUrl.replace(/0$/, String(one.id));
    line.append(element("strong", { text: "New P1: " }), element("a", { className: "govuk-link", text: `${one.words}, case ${one.id}`, href }));
    box.append(line);
    news.prepend(box);
  }
  if (!document.title.startsWith("NEW P1")) document.title = `NEW P1 – ${document.title}`;
  sound.ring();
}

function isTyping() {
  const active = document.activeElement;
  return Boolean(active && queue?.contains(active) && active.matches("input, textarea, select, button"));
}

async function renew() {
  if (!queue) {
    if (!news.querySelector("[data-stale]")) {
      const box = element("div", { className: "vcp-notice vcp-notice--plain" });
      box.dataset.stale = "";
      const line = element("p", { text: "Something changed at the desk. " });
      line.append(element("a", { className: "govuk-link", text: "Load this page again", href: location.pathname }));
      box.append(line);
      news.append(box);
    }
    return;
  }
  if (isTyping()) {
    soon();
    return;
  }
  const answer = await fetch(location.href, { headers: { "X-Poll": "1" }, redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    signedOut();
    return;
  }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.getElementById("desk-queue");
  if (!part) return;
  // While it was fetched, somebody may have begun to type, or chosen another row.
  if (isTyping()) {
    soon();
    return;
  }
  const before = chosen()?.dataset.case;
  queue.replaceChildren(...part.childNodes);
  state.replaceChildren(...page.getElementById("desk-state").childNodes);
  document.title = page.title;
  // What came while this browser slept is heard now.
  alarm(loud());
  if (before) choose(queue.querySelector(`[data-case="${CSS.escape(before)}"]`), { scroll: false });
}
const soon = later(() => renew().catch(() => {}), SOON_MS);

function told(text, { renewing = true } = {}) {
  const what = JSON.parse(text);
  if (!what.changed) return;
  since = what.since;
  if (renewing) soon();
  alarm(what.alarms ?? []);
}

function signedOut() {
  stream?.close();
  clearInterval(asking);
  const box = element("div", { className: "vcp-notice vcp-notice--bad" });
  const line = element("p", { text: "You are signed out, so this page tells you of nothing new. " });
  const href = `${live.dataset.signInUrl}?next=${encodeURIComponent(location.pathname)}`;
  line.append(element("a", { className: "govuk-link", text: "Sign in again", href }));
  box.append(line);
  news.replaceChildren(box);
  document.title = `Signed out – ${document.title}`;
  sound.ring();
}

// Streams first; a server that has none to spare, or has signed us out, answers with an error, which
// ends an EventSource for good. Asking every few seconds finds out which it was.

let stream;
let asking;

function ask() {
  asking ??= setInterval(async () => {
    const url = `${live.dataset.changesUrl}?once=1&since=${encodeURIComponent(since)}`;
    try {
      const answer = await fetch(url, { headers: { "X-Poll": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401) signedOut();
      else if (answer.ok) told(await answer.text());
    } catch {
      // The network is away: the next turn tries again.
    }
  }, ASK_EVERY_MS);
}

function listen() {
  stream = new EventSource(`${live.dataset.changesUrl}?since=${encodeURIComponent(since)}`);
  // A stream lives for minutes; whatever came between two of them, the page fetched again shows.
  let before = false;
  stream.addEventListener("open", () => {
    if (before) soon();
    before = true;
  });
  stream.addEventListener("message", (event) => told(event.data));
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) ask();
  });
}

// Keys. Nothing happens while something is typed, or with Ctrl, Alt or the like held.

function rows() {
  return [...(queue?.querySelectorAll("[data-case]") ?? [])];
}

function choose(row, { scroll = true } = {}) {
  if (!row) return;
  rows().forEach((one) => one.classList.toggle("vcp-queue__chosen", one === row));
  const link = row.querySelector("a");
  link.focus({ preventScroll: true });
  if (scroll) row.scrollIntoView({ block: "nearest" });
}

function loud() {
  return rows()
    .filter((row) => row.classList.contains("vcp-queue__loud"))
    .map((row) => {
      const words = row.querySelector("a").firstChild.textContent;
      return { id: Number(row.dataset.case), words };
    });
}

function step(by) {
  const all = rows();
  const now = all.findIndex((row) => row.classList.contains("vcp-queue__chosen"));
  choose(all[now < 0 ? 0 : Math.min(all.length - 1, Math.max(0, now + by))]);
}

function chosen() {
  return document.querySelector(".vcp-queue__chosen");
}

function open(hash = "") {
  const link = chosen()?.querySelector("a");
  if (link) location.assign(link.href + hash);
}

function show(id) {
  const panel = document.getElementById(id);
  if (!panel) return false;
  panel.open = true;
  panel.scrollIntoView({ block: "nearest" });
  // The button of the standard reply, so that Enter sends; otherwise the first thing to fill in.
  const first = id === "standard-reply" ? "input[type='checkbox'], button" : "select, textarea, input:not([type='hidden'])";
  panel.querySelector(first)?.focus();
  return true;
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => open(),
  c: () => (chosen() ?? document).querySelector("form[data-claim]")?.requestSubmit(),
  h: () => show("hand-over") || open("#hand-over"),
  s: () => show("standard-reply") || open("#standard-reply"),
  n: () => show("note") || open("#note"),
  d: () => show("dispose") || open("#dispose"),
  u: () => document.getElementById("desk-back")?.click(),
  "?": () => document.getElementById("desk-keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

if (live) {
  const help = document.getElementById("desk-help");
  help.hidden = false;
  help.addEventListener("click", KEYS["?"]);
  loud().forEach((one) => known.add(one.id));
  known.add(Number(live.dataset.caseId));
  sound.wake();
  listen();
  if (queue) setInterval(soon, CLOCKS_MS);
}
if (location.hash) show(location.hash.slice(1));
