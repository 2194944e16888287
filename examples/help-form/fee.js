// The prices in force, as the desk publishes them: nobody accepts a fee that this page made up.

import { read } from "./desk.js";
import { money, say, t } from "./texts.js";

const byId = (id) => document.getElementById(id);
const urgent = byId("urgent");
const accept = byId("urgency_fee_accepted");
let terms = null;

export async function readTerms() {
  if (terms) return;
  say(byId("fee-text"), "fee_loading");
  try {
    terms = await read("/v1/public/terms");
  } catch {
    say(byId("fee-text"), "fee_unknown");
  }
  showPrices();
}

function showPrices() {
  accept.disabled = terms === null;
  byId("fee-again").hidden = terms !== null;
  if (terms === null) {
    say(byId("fee-accept"), "fee_accept_unknown");
    return;
  }
  const { urgency, hourly_rate_cents: standard, currency } = terms;
  const fee = money(urgency.opening_fee_cents, currency);
  const minutes = urgency.included_minutes;
  const included = () => (minutes > 0 ? t("fee_included", { minutes }) : "");
  say(byId("fee-text"), "fee_text", { fee, rate: money(urgency.hourly_rate_cents ?? standard, currency), included });
  say(byId("fee-accept"), "fee_accept", { fee });
  say(byId("rule-price"), "rule_price", { rate: money(standard, currency) });
  byId("rule-price").hidden = false;
}

export function showFee() {
  byId("fee").hidden = !urgent.checked;
  if (urgent.checked) readTerms();
}

export function startFee() {
  urgent.addEventListener("change", showFee);
  byId("fee-again").addEventListener("click", readTerms);
  readTerms();
}
