// Wakes the components that a page uses. Every page works without it.
import { initAll } from "./vendor/govuk-frontend-6.3.0.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

if (document.querySelector('[data-module^="moj-"]')) {
  const moj = await import("./vendor/moj-frontend-11.1.0.min.js");
  moj.initAll();
}
