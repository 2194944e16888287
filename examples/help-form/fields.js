// The form's fields: reading them, and showing what is wrong beside the field it concerns.

import { say, sayNothing, t } from "./texts.js";

const REQUIRED = ["name", "email", "subject", "message"];
const OPTIONAL = ["phone", "company", "site_url", "website"];
const TICKS = ["urgent", "urgency_fee_accepted"];

export function typedIn(form) {
  const typed = {};
  for (const name of [...REQUIRED, ...OPTIONAL]) typed[name] = form.elements[name].value;
  for (const name of TICKS) typed[name] = form.elements[name].checked;
  return typed;
}

export function fillIn(form, typed) {
  for (const name of [...REQUIRED, ...OPTIONAL]) form.elements[name].value = typed[name] ?? "";
  for (const name of TICKS) form.elements[name].checked = typed[name] === true;
}

// What the API is sent: no blank fields, and the site with a scheme.
export function asRequest(typed, language) {
  const request = { language };
  for (const name of [...REQUIRED, ...OPTIONAL]) {
    const text = typed[name].trim();
    if (text) request[name] = text;
  }
  if (request.site_url && !/^[a-z][a-z0-9+.-]*:/i.test(request.site_url)) {
    request.site_url = `https://${request.site_url}`;
  }
  if (typed.urgent) Object.assign(request, { urgent: true, urgency_fee_accepted: typed.urgency_fee_accepted });
  return request;
}

// Only what is plain to see; everything else is the desk's to judge, and its refusal is shown the same way.
export function obviousErrors(form) {
  const errors = [];
  for (const name of REQUIRED) {
    const input = form.elements[name];
    if (!input.value.trim()) errors.push({ pointer: `/${name}`, code: "required" });
    else if (input.validity.typeMismatch) errors.push({ pointer: `/${name}`, code: "email-invalid" });
  }
  return errors;
}

function describe(input, id, present) {
  const ids = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (present) ids.add(id);
  else ids.delete(id);
  if (ids.size) input.setAttribute("aria-describedby", [...ids].join(" "));
  else input.removeAttribute("aria-describedby");
}

export function clearError(input) {
  const place = document.getElementById(`${input.id}-error`);
  if (!place || place.hidden) return;
  place.hidden = true;
  sayNothing(place);
  input.removeAttribute("aria-invalid");
  describe(input, place.id, false);
}

function showError(input, { code, message }) {
  const place = document.getElementById(`${input.id}-error`);
  say(place, `error.${code}`, {}, message || t("error.invalid"));
  place.hidden = false;
  input.setAttribute("aria-invalid", "true");
  describe(input, place.id, true);
}

// Shows each error at its field and moves the focus to the first; returns those that belong to no field.
export function showErrors(form, errors) {
  const homeless = [];
  for (const error of errors) {
    const name = (error.pointer ?? "").split("/")[1] ?? "";
    const input = form.elements.namedItem(name);
    if (input?.name && document.getElementById(`${input.id}-error`)) showError(input, error);
    else homeless.push(error);
  }
  form.querySelector("[aria-invalid=true]:not(:disabled)")?.focus();
  return homeless;
}

export function clearErrors(form) {
  for (const input of form.elements) clearError(input);
}
