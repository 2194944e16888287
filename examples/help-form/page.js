// What the address asks for: the form, or the ticket behind a receipt link.

import { read } from "./desk.js";
import { startForm } from "./form.js";
import { showHead } from "./head.js";
import { moment, say, startTexts } from "./texts.js";
import { startTicket } from "./ticket.js";

const byId = (id) => document.getElementById(id);

async function showDesk() {
  let desk;
  try {
    desk = await read("/v1/public/desk");
  } catch {
    return; // the form works without it; sending says what is wrong
  }
  const line = byId("desk-state");
  line.classList.toggle("open", desk.open);
  if (desk.open) say(line, "desk_open", { until: moment(desk.next_closing_at) });
  else say(line, "desk_closed", { reopens: moment(desk.next_opening_at) });
  line.hidden = false;
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
