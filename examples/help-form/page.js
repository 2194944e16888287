// What the address asks for: the form, or the ticket behind a receipt link.

import { read } from "./desk.js";
import { startForm } from "./form.js";
import { showHead } from "./head.js";
import { clock, currentLanguage, day, moment, say, startTexts, weekday } from "./texts.js";
import { startTicket } from "./ticket.js";

const byId = (id) => document.getElementById(id);

async function showDesk() {
  let desk;
  try {
    desk = await read("/v1/public/desk");
  } catch {
    return; // the form works without it; sending says what is wrong
  }
  showState(desk);
  showHours(desk.hours, desk.next_holidays);
}

function show(element, key, facts) {
  say(element, key, facts);
  element.hidden = false;
}

function showState({ open, next_opening_at: opens, next_closing_at: closes }) {
  const line = byId("desk-state");
  line.classList.toggle("open", open);
  if (open) show(line, "desk_open", { until: clock(closes) });
  else if (opens) show(line, "desk_closed", { reopens: moment(opens) });
  else show(line, "desk_closed_for_long");
}

function showHours({ weekdays, opens, closes }, [holiday]) {
  const days = { first: weekday(weekdays[0]), last: weekday(weekdays.at(-1)) };
  show(byId("rule-hours"), "rule_hours", { ...days, opens, closes });
  if (!holiday) return;
  show(byId("rule-holiday"), "rule_holiday", { name: () => holiday.name[currentLanguage()], on: day(holiday.on) });
}

startTexts();
showDesk();
const token = new URLSearchParams(location.search).get("receipt");
if (token) {
  startTicket(token);
} else {
  showHead("title", "lead");
  startForm();
}
