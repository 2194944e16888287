// What is shown once the desk has taken the request.

import { focusHead, showHead } from "./head.js";
import { currentLanguage, moment, money, say } from "./texts.js";

const byId = (id) => document.getElementById(id);

export function showFacts(list, facts) {
  const items = facts.map(([key, values]) => {
    const item = document.createElement("li");
    say(item, key, values);
    return item;
  });
  list.replaceChildren(...items);
}

function factsOf(receipt, email) {
  const { queue_position: position, desk, urgency_fee_cents: fee } = receipt;
  const facts = [];
  if (receipt.earlier) facts.push(["receipt_earlier"]);
  facts.push(["receipt_position", { position }]);
  if (receipt.lane === "urgent") facts.push(["receipt_urgent"]);
  if (fee !== null) facts.push(["receipt_fee", { fee: money(fee, receipt.currency) }]);
  if (desk.open) facts.push(["receipt_open"]);
  else if (desk.next_opening_at) facts.push(["receipt_closed", { reopens: moment(desk.next_opening_at) }]);
  else facts.push(["desk_closed_for_long"]);
  facts.push(receipt.acknowledgement === "queued" ? ["receipt_mail", { email }] : ["receipt_no_mail"]);
  return facts;
}

export function followLink(token) {
  const query = new URLSearchParams(location.search);
  query.set("receipt", token);
  query.set("lang", currentLanguage());
  return `?${query}`;
}

export function showReceipt(receipt, { email }) {
  showHead("receipt_title");
  say(byId("receipt-number"), "receipt_number", { number: receipt.number });
  showFacts(byId("receipt-facts"), factsOf(receipt, email));
  byId("receipt-link").href = followLink(receipt.receipt_token);
  byId("desk-state").hidden = true; // the receipt says it
  byId("receipt").hidden = false;
  focusHead();
}
