// The page's heading, and the same words as the title of the tab.

import { say, sayNothing, t } from "./texts.js";

const heading = document.getElementById("page-title");
const lead = document.getElementById("page-lead");
const tab = document.querySelector("title");

export function showHead(titleKey, leadKey, facts = {}) {
  say(heading, titleKey, facts);
  say(tab, "tab", { title: () => t(titleKey, facts) });
  if (leadKey) say(lead, leadKey, facts);
  else sayNothing(lead);
}

export const focusHead = () => heading.focus();
