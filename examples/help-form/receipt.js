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
  if (position !== null) facts.push(["receipt_position", { position }]);
  if (receipt.lane === "urgent") facts.push(["receipt_urgent"]);
  if (fee !== null) facts.push(["receipt_fee", { fee: money(fee, receipt.currency) }]);
  if (desk.open) facts.push(["receipt_open"]);
  else facts.push(["receipt_closed", { reopens: moment(desk.next_opening_at) }]);
  facts.push(receipt.acknowledgement === "queued" ? ["receipt_mail", { email }] : ["receipt_no_mail"]);
  return facts;
}

export function showReceipt(receipt, { email }) {
  showHead("receipt_title");
  say(byId("receipt-number"), "receipt_number", { number: receipt.number });
  showFacts(byId("receipt-facts"), factsOf(receipt, email));
  const query = new URLSearchParams(location.search);
  query.set("receipt", receipt.receipt_token);
  query.set("lang", currentLanguage());
  byId("receipt-link").href = `?${query}`;
  byId("receipt").hidden = false;
  focusHead();
}
