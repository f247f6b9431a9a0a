// Reads pages as JSON, {"name": "<!doctype html>…"}, and writes what is wrong with them, a line each.
import { readFileSync } from "node:fs";
import { HtmlValidate } from "html-validate";

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    "no-trailing-whitespace": "off", // of lines, where a template had nothing to say
    "long-title": "off", // people write titles
    "attribute-boolean-style": "off",
    "aria-label-misuse": ["error", { allowAnyNamable: true }], // lists may have names
    "no-implicit-input-type": "off", // text is what the standard says
    "doctype-style": ["error", { style: "lowercase" }],
    "no-inline-style": "error",
    "void-style": "off",
    "tel-non-breaking": "off",
    "prefer-native-element": ["error", { exclude: ["region"] }], // a part of a page that scrolls has no element of its own
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit"] }], // choose any
    "require-sri": "off", // nothing comes from another host
  },
});

const pages = JSON.parse(readFileSync(0, "utf8"));
for (const [name, html] of Object.entries(pages)) {
  const report = await validator.validateString(html, name);
  for (const result of report.results) {
    for (const m of result.messages) console.log(`${name}: ${m.ruleId}: ${m.message} (${m.line}:${m.column} ${m.selector ?? ""})`);
  }
}
