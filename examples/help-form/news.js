// One line of news above the form, read aloud by screen readers.

import { Unreachable } from "./desk.js";
import { say, sayNothing } from "./texts.js";

const line = document.getElementById("news");

export function tell(key, facts, tone = "") {
  line.dataset.tone = tone;
  say(line, key, facts);
}

export function tellNothing() {
  line.dataset.tone = "";
  sayNothing(line);
}

export function tellPause(failure, ms) {
  if (failure.retryAfterS) tell("news_busy", { seconds: failure.retryAfterS });
  else tell("news_retry");
}

const mayWorkLater = ({ status, problem }) =>
  status >= 500 || status === 409 || problem.code === "proof-of-work-required";

// `homeless` are errors that belong to no field of the page; `atFields` tells whether others were shown there.
export function tellFailure(failure, atFields, homeless) {
  if (failure instanceof Unreachable) tell("news_offline", {}, "bad");
  else if (failure.status === 429) tell("news_later", { minutes: Math.ceil((failure.retryAfterS ?? 60) / 60) }, "bad");
  else if (mayWorkLater(failure)) tell("news_trouble", {}, "bad");
  else if (homeless.length) tell("news_refused", { detail: homeless.map((error) => error.message).join(" ") }, "bad");
  else if (atFields) tell("news_correct", {}, "bad");
  else tell("news_refused", { detail: failure.message }, "bad");
}
