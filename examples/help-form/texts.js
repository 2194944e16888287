// The page in three languages. An element keeps the key of what it says, so a switch of language says it again.

import { keep, kept } from "./keep.js";
import { de } from "./texts/de.js";
import { en } from "./texts/en.js";
import { fr } from "./texts/fr.js";

const texts = { fr, en, de };
const locales = { fr: "fr-LU", en: "en-GB", de: "de-LU" };
const said = new Map();
let language = firstLanguage();

function firstLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, kept("language"), ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())];
  return wanted.find((tag) => Object.hasOwn(texts, tag)) ?? "fr";
}

export function currentLanguage() {
  return language;
}

export function t(key, facts = {}) {
  const text = texts[language][key] ?? "";
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof facts[name] === "function" ? facts[name]() : facts[name]));
}

// Facts that read differently in each language are functions.
export const money = (cents, currency) => () =>
  new Intl.NumberFormat(locales[language], { style: "currency", currency }).format(cents / 100);

const dated = (options) => (instant) => () =>
  new Intl.DateTimeFormat(locales[language], { timeZone: "Europe/Luxembourg", ...options }).format(new Date(instant));
const DATE = { weekday: "long", day: "numeric", month: "long" };
const TIME = { hour: "2-digit", minute: "2-digit" };

export const moment = dated({ ...DATE, ...TIME });
export const clock = dated(TIME);
export const day = dated({ ...DATE, timeZone: "UTC" });
// 1 is Monday, as on 1 January 2024.
export const weekday = (number) => dated({ weekday: "long", timeZone: "UTC" })(Date.UTC(2024, 0, number));

export const word = (key) => () => t(key);

function speak(element) {
  const { key, facts, fallback } = said.get(element);
  element.textContent = t(key, facts) || fallback || "";
}

// Writes a text as text, never as HTML: what people and the desk wrote cannot become markup.
export function say(element, key, facts, fallback) {
  said.set(element, { key, facts, fallback });
  speak(element);
}

export function sayNothing(element) {
  said.delete(element);
  element.textContent = "";
}

export function useLanguage(wanted) {
  language = wanted;
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
  for (const element of said.keys()) {
    if (element.isConnected) speak(element);
    else said.delete(element);
  }
}

export function startTexts() {
  for (const element of document.querySelectorAll("[data-t]")) say(element, element.dataset.t);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      keep("language", button.dataset.language);
      useLanguage(button.dataset.language);
    });
  }
  useLanguage(language);
}
