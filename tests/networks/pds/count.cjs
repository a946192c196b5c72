// Says how many graphemes Bluesky's own server counts in each text of a JSON list read from standard
// input. Run: node count.cjs FOLDER_OF_PACKAGES
"use strict";
const from = (name) => require(require.resolve(name, { paths: [process.argv[2]] }));
const { graphemeLen } = from("@atproto/lex-data");
const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => graphemeLen(text))));
