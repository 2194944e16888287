// A quote from its secret link, and the one answer to it. The secret stands after the #: no server ever sees it there.

import { day, moment, money, percent, t, useLanguage } from "./texts.js";

const byId = (id) => document.getElementById(id);
const api = document.querySelector("meta[name=desk-api]").content.replace(/\/+$/, "");
const door = `${api}/v1/public/quotes/${encodeURIComponent(location.hash.slice(1))}`;
const keys = {}; // of this page's answers: a second press, or one after a lost connection, is the same request
let quote = null;
let news = null;

async function call(path, options = {}) {
  const signal = AbortSignal.timeout(20_000);
  const settings = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", signal };
  const answer = await fetch(door + path, { ...settings, ...options });
  return { status: answer.status, body: await answer.json() };
}

function tell(key, tone = "", facts = {}) {
  news = key && { key, tone, facts };
  byId("news").hidden = !news;
  byId("news").className = `notice ${tone}`;
  byId("news").textContent = news ? t(key, facts) : "";
}

// Cells are written as text, never as HTML.
function row(cells, wide = 1) {
  const line = document.createElement("tr");
  cells.forEach((text, place) => {
    const cell = line.insertCell();
    cell.textContent = text;
    if (place === 0) cell.colSpan = wide;
    else cell.className = "amount";
  });
  return line;
}

function described(line) {
  const discount = line.discount_bp ? `, ${t("discount", { percent: percent(line.discount_bp) })}` : "";
  const timed = line.minutes !== null;
  const price = money(timed ? line.hourly_rate_cents : line.unit_price_cents, quote.currency);
  return [
    line.description + discount,
    timed ? t("minutes", { minutes: line.minutes }) : String(line.quantity),
    timed ? t("hour", { amount: price }) : price,
    money(line.net_cents, quote.currency),
  ];
}

function showState() {
  const states = { accepted: "good", refused: "", expired: "bad", replaced: "bad", withdrawn: "bad" };
  byId("decide").hidden = quote.status !== "sent";
  if (!(quote.status in states)) return;
  const when = quote.decided_at ? moment(quote.decided_at) : "";
  tell(`state_${quote.status}`, states[quote.status], { by: quote.decided_by, when });
}

function show() {
  if (!quote) return;
  const title = t(quote.kind, quote);
  document.title = `${title} · e-connect`;
  byId("title").textContent = `${title}, ${t("version", quote)}`;
  byId("about").textContent = `${quote.client_name} · ${quote.about}`;
  byId("validity").textContent = t("valid", { day: day(quote.valid_until_on) });
  byId("lines").replaceChildren(...quote.lines.map((line) => row(described(line))));
  const vat = t(`vat_${quote.vat_category}`, { percent: percent(quote.vat_rate_bp) });
  const sums = [[t("subtotal"), quote.subtotal_cents], [vat, quote.vat_cents], [t("total"), quote.total_cents]];
  byId("sums").replaceChildren(...sums.map(([label, cents]) => row([label, money(cents, quote.currency)], 3)));
  byId("remarks").hidden = !quote.remarks;
  byId("remarks").textContent = quote.remarks ?? "";
  byId("text").textContent = quote.text;
  byId("digest").textContent = quote.text_sha256;
  byId("pdf").href = `${door}/pdf`;
  byId("quote").hidden = false;
  showState();
}

async function load() {
  try {
    const { status, body } = await call("");
    if (status !== 200) return tell(status === 404 || status === 422 ? "unknown" : "trouble", "bad");
    quote = body;
    show();
  } catch {
    tell("trouble", "bad");
  }
}

function nameGiven() {
  const given = byId("name").value.trim() !== "";
  byId("name").setAttribute("aria-invalid", String(!given));
  byId("name-error").hidden = given;
  byId("name-error").textContent = given ? "" : t("name_missing");
  if (!given) byId("name").focus();
  return given;
}

function answerTo(act) {
  const fields = { name: byId("name").value.trim() };
  const [extra] = act === "acceptance" ? ["role"] : ["reason"];
  if (byId(extra).value.trim()) fields[extra] = byId(extra).value.trim();
  return JSON.stringify(fields);
}

async function decide(event) {
  event.preventDefault();
  if (!nameGiven()) return;
  const act = event.submitter.value;
  const body = answerTo(act);
  const key = (keys[act + body] ??= crypto.randomUUID());
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  for (const button of [byId("accept"), byId("refuse")]) button.disabled = true;
  try {
    const answer = await call(`/${act}`, { method: "POST", headers, body });
    await heard(answer);
  } catch {
    tell("trouble", "bad");
  } finally {
    for (const button of [byId("accept"), byId("refuse")]) button.disabled = false;
  }
}

async function heard({ status, body }) {
  if (status === 200) {
    quote = body;
    show();
    byId("title").focus();
  } else if (status === 409) {
    await load(); // somebody else was quicker, or its time is over: show how it stands
  } else if (status === 429) tell("busy", "bad");
  else if (status === 503) tell("trouble", "bad");
  else tell("refused_by_desk", "bad", { detail: body.errors?.[0]?.message ?? body.detail });
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    const said = news;
    useLanguage(button.dataset.language);
    if (said) tell(said.key, said.tone, said.facts);
    show();
  });
}
byId("decide").addEventListener("submit", decide);
window.addEventListener("hashchange", () => location.reload());
useLanguage();
load();
