// How long a text is for a channel, counted as the server counts it (vcp/networks/lengths.py).
// A test holds both against each other; where the browser lacks what a count needs, it is left to
// the server: `lengthFor` then returns null and “Check” shows the count.

import { EMOJI, ENDINGS } from "./x_tables.js?v=08a6378ffc";

const BYTES_A_GRAPHEME = 10;
const X_LINK = 23;
const LONGEST_X_LINK = 4096;
const SHORTEST_LINK = "http://a.uk".length;
const LIGHT = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];

const WORD = "\\p{L}\\p{N}";
const ADDRESS_LETTER = "[a-z0-9!*';:=+,.$/%#\\[\\]\\-_~&|@]";
const QUERY = "(?:\\?[a-z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*[a-z0-9_&=#/\\-])?";
const LATIN = "\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f\\u0253\\u0254\\u0256\\u0257\\u0259\\u025b\\u0263\\u0268";
const LABEL = `[a-z0-9${LATIN}](?:[a-z0-9_${LATIN}-]*[a-z0-9${LATIN}])?`;
const ANY_LABEL = `[${WORD}](?:[${WORD}_-]*[${WORD}])?`;

// Made when first needed: a browser that can't read one still runs the rest.
const made = new Map();
function pattern(name, source, flags) {
  if (!made.has(name)) {
    try {
      made.set(name, new RegExp(source, flags));
    } catch {
      made.set(name, null);
    }
  }
  return made.get(name);
}

const linkPattern = () =>
  pattern(
    "link",
    "(?<![\\w@#$/.-])https?://(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\\.)+[a-z]{2,}(?![a-z0-9_@-]|://)" +
      "(?::[0-9]+)?(?:/(?:[a-z0-9!*';:=+,.$/%#\\[\\]\\-_~&|@]*[a-z0-9=_#/+\\-])?)?" +
      QUERY,
    "gi",
  );
const perhapsPattern = () => pattern("perhaps", "https?://(?:(?!https?://)\\S)+", "gi");
const mentionPattern = () =>
  pattern("mention", `(^|[^/${WORD}_])@([a-z0-9_]+)@[a-z0-9.\\-]+[a-z0-9]+`, "giu");
const emojiPattern = () => pattern("emoji", EMOJI, "gu");
const xLinkPattern = () =>
  pattern(
    "x",
    "(?<![a-z0-9@#$\\uff20\\uff03\\u202a-\\u202e])(?:" +
      `https?://(?<host>(?:${ANY_LABEL}\\.)+(?:xn--[a-z0-9-]+|[\\p{L}\\p{Nl}\\p{No}]{2,}))` +
      `|(?<![-_./])(?<bare>(?:${LABEL}\\.)+(?:xn--[a-z0-9-]+|[a-z]{2,}))` +
      ")(?![a-z0-9_@])(?::[0-9]+)?" +
      `(?:/(?:(?:${ADDRESS_LETTER}|\\(${ADDRESS_LETTER}*\\))*(?:[a-z0-9=_#/+\\-]|\\(${ADDRESS_LETTER}*\\)))?)?` +
      QUERY,
    "giu",
  );

const points = (text) => [...text].length;

function characters(text, warning, urlLength) {
  if (urlLength !== null && urlLength !== undefined) {
    const patterns = [linkPattern(), perhapsPattern(), mentionPattern()];
    if (patterns.includes(null)) return null;
    text = text
      .replace(patterns[0], "x".repeat(urlLength))
      .replace(patterns[1], (found) => found + "x".repeat(Math.max(0, urlLength - SHORTEST_LINK)))
      .replace(patterns[2], "$1@$2");
  }
  return points(text) + points(warning);
}

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "grapheme" }) : null;

function graphemes(text, warning) {
  if (!segmenter) return null;
  const said = withWarning(text, warning);
  const bytes = new TextEncoder().encode(said).length;
  return Math.max([...segmenter.segment(said)].length, Math.ceil(bytes / BYTES_A_GRAPHEME));
}

function weighted(text, warning) {
  const said = withWarning(text, warning).normalize("NFC");
  if ([xLinkPattern(), perhapsPattern(), emojiPattern()].includes(null)) return null;
  let [total, place] = [0, 0];
  for (const [start, end, units] of xLinks(said)) {
    total += plainWeight(said.slice(place, start)) + units;
    place = end;
  }
  return total + plainWeight(said.slice(place));
}

function xLinks(text) {
  const sure = [...text.matchAll(xLinkPattern())]
    .filter(({ 0: found, groups }) => {
      const ending = (groups.host || groups.bare).split(".").pop().toLowerCase();
      return ENDINGS.has(ending) && points(found) <= LONGEST_X_LINK;
    })
    .map((found) => [found.index, found.index + found[0].length, X_LINK]);
  const between = [];
  let place = 0;
  for (const [start, end] of [...sure, [text.length, text.length]]) {
    for (const found of text.slice(place, start).matchAll(perhapsPattern())) {
      const from = place + found.index;
      between.push([from, from + found[0].length, Math.max(X_LINK, plainWeight(found[0]))]);
    }
    place = end;
  }
  return [...sure, ...between].sort((one, other) => one[0] - other[0]);
}

function plainWeight(text) {
  let [total, place] = [0, 0];
  for (const found of text.matchAll(emojiPattern())) {
    total += letters(text.slice(place, found.index)) + 2;
    place = found.index + found[0].length;
  }
  return total + letters(text.slice(place));
}

function letters(text) {
  let total = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0);
    total += LIGHT.some(([first, last]) => first <= code && code <= last) ? 1 : 2;
  }
  return total;
}

const withWarning = (text, warning) => (warning ? `\u26a0\ufe0f ${warning}\n\n${text}` : text);

// As the server keeps a text: one kind of line end, nothing unprintable, no blank ends.
export function kept(text) {
  return text
    .replace(/\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]/g, "\n")
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "")
    .replace(/^(?:[^\S\ufeff]|\x85)+|(?:[^\S\ufeff]|\x85)+$/g, "");
}

// What leaves for the channel: whom it answers, the words, who signs.
function saidOn(limit, text) {
  const { before = "", after = "", alone = "" } = limit;
  if (!text) return alone;
  const sign = after.trim();
  const signed = sign && !text.endsWith(sign) ? text + after : text;
  return before && !signed.startsWith(before.trim()) ? before + signed : signed;
}

const COUNTINGS = { characters, graphemes, weighted };

// Units of `limit.limit` that the channel counts; null where only the server can tell.
export function lengthFor(limit, text, warning) {
  return COUNTINGS[limit.counting](saidOn(limit, kept(text)), kept(warning), limit.url_length);
}
