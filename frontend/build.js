// Builds what the pages load into vcp/static. Run by `npm run build`; the result is committed.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const source = (...parts) => join(here, "src", ...parts);
const packages = (...parts) => join(here, "node_modules", ...parts);
const target = (...parts) => join(here, "..", "vcp", "static", ...parts);
const versionOf = (name) => JSON.parse(readFileSync(packages(name, "package.json"), "utf8")).version;

const STYLESHEETS = ["staff", "site"];
const OUR_SCRIPTS = ["app.js", "composer.js", "desk.js"];
// Imported by the others: what they are imported as changes with their contents.
const OUR_PARTS = ["x_tables.js", "lengths.js"];
const OUR_SOUNDS = ["alarm.wav"];
// Version in the name: the scripts that import these are cached by their own contents only.
const THEIR_SCRIPTS = [
  ["govuk-frontend", "dist/govuk/govuk-frontend.min.js", "govuk-frontend"],
  ["@ministryofjustice/frontend", "moj/moj-frontend.min.js", "moj-frontend"],
  ["htmx.org", "dist/htmx.min.js", "htmx"],
];
const MOJ_ICONS = [
  "icon-close-cross-black.svg",
  "icon-document.svg",
  "icon-tag-remove-cross-white.svg",
  "icon-tag-remove-cross.svg",
  "icon-toggle-plus-minus.svg",
];
const OUR_ICONS = ["favicon.svg", "icon-maskable.svg", "icon-180.png", "icon-192.png", "icon-512.png"];
// Two of the packages leave their licence out, so its text is kept here.
const LICENCES = [
  ["govuk-frontend", source("licences", "govuk-frontend.txt")],
  ["@ministryofjustice/frontend", source("licences", "moj-frontend.txt")],
  ["htmx.org", packages("htmx.org", "LICENSE")],
];

function styles() {
  for (const name of STYLESHEETS) {
    // MOJ names GOV.UK from the project folder, so both folders are load paths.
    const { css } = sass.compile(source("styles", `${name}.scss`), {
      style: "compressed",
      loadPaths: [here, packages()],
      quietDeps: true,
    });
    writeFileSync(target(`${name}.css`), `${css}\n`);
  }
}

function scripts() {
  const parts = [];
  for (const name of [...OUR_PARTS, ...OUR_SCRIPTS]) {
    let text = readFileSync(source("js", name), "utf8");
    for (const [part, fingerprint] of parts) text = text.replaceAll(`"./${part}"`, `"./${part}?v=${fingerprint}"`);
    if (OUR_PARTS.includes(name)) {
      parts.push([name, createHash("sha256").update(text).digest("hex").slice(0, 10)]);
    }
    for (const [owner, , short] of THEIR_SCRIPTS) {
      text = text.replaceAll(`vendor/${short}.min.js`, `vendor/${short}-${versionOf(owner)}.min.js`);
    }
    writeFileSync(target(name), text);
  }
  for (const [owner, path, short] of THEIR_SCRIPTS) {
    const text = readFileSync(packages(owner, path), "utf8").replace(/\/\/# sourceMappingURL=.*\s*$/, "");
    writeFileSync(target("vendor", `${short}-${versionOf(owner)}.min.js`), `${text.trimEnd()}\n`);
  }
}

function icons() {
  for (const name of MOJ_ICONS) {
    copyFileSync(packages("@ministryofjustice/frontend", "moj/assets/images", name), target("images", name));
  }
  for (const name of OUR_ICONS) {
    copyFileSync(source("icons", name), target("images", name));
  }
  copyFileSync(source("manifest.webmanifest"), target("manifest.webmanifest"));
}

function sounds() {
  for (const name of OUR_SOUNDS) {
    copyFileSync(source("sounds", name), target("sounds", name));
  }
}

function licences() {
  const parts = LICENCES.map(
    ([owner, file]) => `${owner} ${versionOf(owner)}\n\n${readFileSync(file, "utf8").trim()}\n`,
  );
  writeFileSync(target("vendor", "LICENCES.txt"), parts.join(`\n${"-".repeat(72)}\n\n`));
}

function accessibilityChecker() {
  const data = join(here, "..", "tests", "data");
  mkdirSync(data, { recursive: true });
  copyFileSync(packages("axe-core", "axe.min.js"), join(data, "axe.min.js"));
  copyFileSync(packages("axe-core", "LICENSE"), join(data, "axe.LICENSE.txt"));
}

// Tells a test that has no Node.js whether the build is older than what it was built from.
function builtFrom() {
  const files = ["package-lock.json", "build.js"].concat(
    readdirSync(source(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(here, join(entry.parentPath ?? entry.path, entry.name))),
  );
  const lines = files.sort().map((name) => {
    const sum = createHash("sha256").update(readFileSync(join(here, name))).digest("hex");
    return `${sum}  ${name}\n`;
  });
  writeFileSync(join(here, "built-from.sha256"), lines.join(""));
}

rmSync(target(), { recursive: true, force: true });
for (const folder of ["", "vendor", "images", "sounds"]) {
  mkdirSync(target(folder), { recursive: true });
}
styles();
scripts();
icons();
sounds();
licences();
accessibilityChecker();
builtFrom();
