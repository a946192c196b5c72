// Wakes the components that a page uses. Every page works without it.
import { initAll } from "./vendor/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

if (document.querySelector('[data-module^="moj-"]')) {
  const moj = await import("./vendor/moj-frontend.min.js");
  moj.initAll();
}
