// Help while writing. The server checks everything again; without this file nothing is lost.
//
//   <textarea data-limits='[{"channel": "…", "limit": 500, "counting": "characters", "url_length": 23,
//                            "before": "", "after": "\n– PC 1", "alone": "– PC 1"}]'
//             data-limits-also="content_warning">     a live count for each channel, as it counts;
//                                                    whom it answers, who signs and the other
//                                                    field count too; `alone`: without any words
//   <form data-check-url="/posts/check">             screening while writing; the answer, a piece of
//                                                    HTML, replaces what #findings holds
//   <input name="when" value="later">                chosen by itself when a date or time is filled in
//   <input type="file" data-alt="id" data-max-bytes="…">   a preview, and a reminder of the alt text

import { lengthFor } from "./lengths.js?v=3f43169dfd";

const CHECK_AFTER_MS = 800;

function element(name, { className, text } = {}) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function later(action, milliseconds) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}

// Counts are for the eye at every key; a screen reader hears them only when the writer pauses.
function countLengths(area) {
  const limits = JSON.parse(area.dataset.limits);
  const also = document.getElementById(area.dataset.limitsAlso ?? "");
  const list = element("ul", { className: "vcp-lengths" });
  const spoken = element("p", { className: "govuk-visually-hidden" });
  list.setAttribute("aria-hidden", "true");
  spoken.setAttribute("role", "status");
  area.after(list, spoken);

  const say = later(() => {
    const text = [...list.children].map((item) => item.textContent).join(". ");
    if (spoken.textContent !== text) spoken.textContent = text;
  }, 1500);

  const show = () => {
    list.replaceChildren(
      ...limits.map((limit) => {
        const length = lengthFor(limit, area.value, also?.value ?? "");
        const left = length === null ? null : limit.limit - length;
        if (left === null) return element("li", { text: `${limit.channel}: “Check” counts it` });
        return element("li", {
          className: left < 0 ? "vcp-lengths__over" : "",
          text: left < 0 ? `${limit.channel}: ${-left} too many` : `${limit.channel}: ${left} left`,
        });
      }),
    );
    say();
  };
  area.addEventListener("input", show);
  also?.addEventListener("input", show);
  show();
}

function checkWhileWriting(form) {
  const target = document.getElementById("findings");
  if (!target) return;
  const status = element("p", { className: "govuk-body-s vcp-muted" });
  status.setAttribute("role", "status");
  target.after(status);
  let running;

  const check = async () => {
    running?.abort();
    running = new AbortController();
    const sent = new FormData(form);
    // Images are screened when the post is submitted; sending them at each pause costs too much.
    for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
    try {
      const answer = await fetch(form.dataset.checkUrl, {
        method: "POST",
        body: sent,
        redirect: "error",
        signal: running.signal,
      });
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      target.replaceChildren(...page.body.childNodes);
      status.textContent = "";
    } catch (error) {
      if (error.name === "AbortError") return;
      status.textContent = "Not checked just now. It is checked in any case when you submit.";
    }
  };
  const soon = later(check, CHECK_AFTER_MS);
  form.addEventListener("input", (event) => {
    if (event.target.matches('textarea, input[type="text"], select')) soon();
  });
}

// Drawn on a canvas: an <img> would need addresses that the page's security policy refuses.
async function thumbnail(file) {
  const canvas = element("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Preview of ${file.name}`);
  const image = await createImageBitmap(file, { resizeWidth: 240, resizeQuality: "medium" });
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas;
}

const isVideo = (file) => file.type.startsWith("video/");

function showChosenImages(input) {
  const alt = document.getElementById(input.dataset.alt ?? "");
  const list = element("ul", { className: "vcp-chosen" });
  const reminder = element("p", { className: "govuk-body-s" });
  reminder.setAttribute("role", "status");
  input.after(list, reminder);

  const remind = () => {
    const files = [...input.files];
    const mostFor = (file) => Number(isVideo(file) ? input.dataset.maxVideoBytes : input.dataset.maxBytes);
    const big = files.find((file) => mostFor(file) && file.size > mostFor(file));
    const most = big ? mostFor(big) : 0;
    if (big) {
      reminder.textContent = `${big.name} is too big: ${(big.size / 1e6).toFixed(1)} MB, the most is ${(most / 1e6).toFixed(0)} MB.`;
    } else if (files.length && (!alt || !alt.value.trim())) {
      reminder.textContent = "Say what the image shows, for people who cannot see it. It cannot go out without.";
    } else {
      reminder.textContent = "";
    }
  };
  const show = async () => {
    remind();
    const items = await Promise.all(
      [...input.files].map(async (file) => {
        const item = element("li");
        if (isVideo(file)) {
          item.textContent = file.name;
          return item;
        }
        try {
          item.append(await thumbnail(file));
        } catch {
          item.textContent = `${file.name} cannot be shown. Choose a JPEG, PNG or WebP image.`;
        }
        return item;
      }),
    );
    list.replaceChildren(...items);
  };
  input.addEventListener("change", show);
  alt?.addEventListener("input", remind);
}

// Who fills in a date means it: the choice beside it follows.
function chooseLater(choice) {
  for (const name of ["on", "at"]) {
    choice.form.elements[name]?.addEventListener("input", (event) => {
      if (event.target.value) choice.checked = true;
    });
  }
}

document.querySelectorAll("textarea[data-limits]").forEach(countLengths);
document.querySelectorAll("form[data-check-url]").forEach(checkWhileWriting);
document.querySelectorAll('input[type="file"][data-alt]').forEach(showChosenImages);
document.querySelectorAll('input[name="when"][value="later"]').forEach(chooseLater);
