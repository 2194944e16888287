// Following a ticket by its receipt link: where it stands, what was written, and a reply.

import { Refusal, Unreachable, read, send } from "./desk.js";
import { clearError, clearErrors, showErrors } from "./fields.js";
import { showHead } from "./head.js";
import { forget, keep, kept, newKey } from "./keep.js";
import { tell, tellFailure, tellPause } from "./news.js";
import { followLink, showFacts } from "./receipt.js";
import { moment, say, word } from "./texts.js";

const byId = (id) => document.getElementById(id);
const form = byId("reply");
let path = "";
let sending = false;

const pathOf = (token) => `/v1/public/tickets/${encodeURIComponent(token)}`;

function factsOf(ticket) {
  const { queue_position: position } = ticket;
  const facts = [["ticket_status", { status: word(`status_${ticket.status}`) }]];
  if (position) facts.push(["ticket_position", { position }]);
  facts.push(["ticket_received", { at: moment(ticket.received_at) }]);
  if (ticket.lane === "urgent") facts.push(["ticket_urgent"]);
  return facts;
}

function messageItem(message) {
  const item = document.createElement("li");
  const mine = message.author === "client";
  item.className = mine ? "from-you" : "from-desk";
  const by = document.createElement("p");
  by.className = "by";
  say(by, "message_by", { author: word(mine ? "from_you" : "from_desk"), at: moment(message.created_at) });
  const body = document.createElement("p");
  body.className = "body";
  body.textContent = message.body;
  item.append(by, body);
  if (message.attachments.length) {
    const files = document.createElement("p");
    files.className = "by";
    say(files, "message_files", { names: message.attachments.join(", ") });
    item.append(files);
  }
  return item;
}

async function showTicket() {
  const ticket = await read(path);
  showHead("ticket_title", "ticket_lead", ticket);
  showFacts(byId("ticket-facts"), factsOf(ticket));
  byId("ticket-messages").replaceChildren(...ticket.messages.map(messageItem));
  byId("ticket").hidden = false;
  byId("lost").hidden = true;
}

async function showTicketOrWhyNot() {
  try {
    await showTicket();
  } catch (failure) {
    const kind = failure instanceof Refusal && failure.status < 429 ? "unknown" : "unreachable";
    showHead(`ticket_${kind}_title`, `ticket_${kind}_lead`);
    byId("lost").hidden = false;
  }
}

function showFailure(failure) {
  if (!(failure instanceof Refusal || failure instanceof Unreachable)) throw failure;
  const errors = failure.problem?.errors ?? [];
  const homeless = showErrors(form, errors);
  if (failure instanceof Unreachable) tell("reply_offline", {}, "bad");
  else tellFailure(failure, errors.length > homeless.length, homeless);
}

// What to say of the reply once the desk has it, now or from an earlier press of the button.
async function postReply(body, key) {
  try {
    const written = await send(`${path}/messages`, body, key, tellPause);
    form.reset();
    if (written.outcome !== "ticket") return "reply_sent";
    history.replaceState(null, "", followLink(written.receipt_token));
    path = pathOf(written.receipt_token);
    return "reply_new_ticket";
  } catch (failure) {
    // The key was used with another text: an earlier reply had arrived, its answer was lost. This one needs a new key.
    if (failure.problem?.code !== "idempotency-key-reused") throw failure;
    return "reply_already";
  }
}

async function sendReply() {
  const answered = path;
  const key = kept(answered) ?? newKey();
  keep(answered, key);
  tell("sending_reply");
  const news = await postReply(JSON.stringify({ message: form.elements.message.value.trim() }), key);
  forget(answered);
  tell(news, {}, "good");
  await showTicket().catch(() => {}); // the reply is in; "Refresh" shows it later
}

async function onReply(event) {
  event.preventDefault();
  if (sending) return;
  clearErrors(form);
  if (!form.elements.message.value.trim()) {
    showErrors(form, [{ pointer: "/message", code: "required" }]);
    return;
  }
  sending = true;
  form.setAttribute("aria-busy", "true");
  try {
    await sendReply();
  } catch (failure) {
    showFailure(failure);
  } finally {
    sending = false;
    form.removeAttribute("aria-busy");
  }
}

async function refresh() {
  try {
    await showTicket();
    tell("refreshed");
  } catch (failure) {
    tellFailure(failure, false, []);
  }
}

export async function startTicket(token) {
  path = pathOf(token);
  form.addEventListener("submit", onReply);
  form.addEventListener("input", ({ target }) => clearError(target));
  byId("ticket-again").addEventListener("click", refresh);
  byId("lost-again").addEventListener("click", showTicketOrWhyNot);
  await showTicketOrWhyNot();
}
