// What the page says, in three languages; amounts and days as each of them writes them.

const fr = {
  languages: "Langue", quote: "Devis {number}", estimate: "Estimation {number}", version: "version {version}",
  valid: "Valable jusqu'au {day} inclus.", description: "Prestation", quantity: "Quantité", price: "Prix unitaire",
  amount: "Montant HTVA", minutes: "{minutes} min", hour: "{amount}/h", discount: "remise {percent} %",
  subtotal: "Total HTVA", vat_S: "TVA {percent} %", vat_AE: "Autoliquidation", vat_O: "TVA non applicable",
  total: "Total TTC", exact_text: "Le texte exact que vous acceptez", digest: "SHA-256 :", pdf: "Télécharger le PDF",
  decide: "Votre réponse", name: "Votre nom", role: "Votre fonction (facultatif)",
  reason: "En cas de refus : pourquoi ? (facultatif)", accept: "Accepter", refuse: "Refuser",
  name_missing: "Dites-nous qui répond.", state_accepted: "Accepté par {by} le {when}. Merci !",
  state_refused: "Refusé par {by} le {when}. Merci de nous l'avoir dit.",
  state_expired: "Ce devis a expiré : il ne peut plus être accepté. Demandez-nous une nouvelle version.",
  state_replaced: "Une version plus récente remplace celle-ci : suivez le lien de notre dernier message.",
  state_withdrawn: "Ce devis a été retiré.", unknown: "Ce lien ne mène à aucun devis.",
  trouble: "Le Support Desk est injoignable en ce moment. Réessayez : rien ne sera accepté deux fois.",
  busy: "Trop de demandes à la fois : réessayez dans une minute.", refused_by_desk: "Cela n'a pas été accepté : {detail}",
};
const en = {
  languages: "Language", quote: "Quote {number}", estimate: "Estimate {number}", version: "version {version}",
  valid: "Valid until {day} inclusive.", description: "Service", quantity: "Quantity", price: "Unit price",
  amount: "Amount excl. VAT", minutes: "{minutes} min", hour: "{amount}/h", discount: "discount {percent} %",
  subtotal: "Total excl. VAT", vat_S: "VAT {percent} %", vat_AE: "Reverse charge", vat_O: "VAT not applicable",
  total: "Total incl. VAT", exact_text: "The exact text you accept", digest: "SHA-256:", pdf: "Download the PDF",
  decide: "Your answer", name: "Your name", role: "Your function (optional)",
  reason: "If you refuse: why? (optional)", accept: "Accept", refuse: "Refuse",
  name_missing: "Tell us who answers.", state_accepted: "Accepted by {by} on {when}. Thank you!",
  state_refused: "Refused by {by} on {when}. Thank you for telling us.",
  state_expired: "This quote has expired: it can no longer be accepted. Ask us for a new version.",
  state_replaced: "A newer version replaces this one: follow the link in our latest mail.",
  state_withdrawn: "This quote was withdrawn.", unknown: "This link leads to no quote.",
  trouble: "The Support Desk could not be reached. Try again: nothing will be accepted twice.",
  busy: "Too many requests at once: try again in a minute.", refused_by_desk: "This was not accepted: {detail}",
};
const de = {
  languages: "Sprache", quote: "Angebot {number}", estimate: "Kostenschätzung {number}", version: "Version {version}",
  valid: "Gültig bis einschließlich {day}.", description: "Leistung", quantity: "Menge", price: "Einzelpreis",
  amount: "Betrag zzgl. MwSt.", minutes: "{minutes} Min.", hour: "{amount}/Std.", discount: "Rabatt {percent} %",
  subtotal: "Summe zzgl. MwSt.", vat_S: "MwSt. {percent} %", vat_AE: "Steuerschuldnerschaft des Empfängers",
  vat_O: "MwSt. nicht anwendbar", total: "Summe inkl. MwSt.", exact_text: "Der genaue Text, den Sie annehmen",
  digest: "SHA-256:", pdf: "PDF herunterladen", decide: "Ihre Antwort", name: "Ihr Name",
  role: "Ihre Funktion (freiwillig)", reason: "Falls Sie ablehnen: warum? (freiwillig)", accept: "Annehmen",
  refuse: "Ablehnen", name_missing: "Sagen Sie uns, wer antwortet.",
  state_accepted: "Angenommen von {by} am {when}. Vielen Dank!",
  state_refused: "Abgelehnt von {by} am {when}. Danke für die Rückmeldung.",
  state_expired: "Dieses Angebot ist abgelaufen: Es kann nicht mehr angenommen werden. Fragen Sie uns nach einem neuen.",
  state_replaced: "Eine neuere Fassung ersetzt diese: Folgen Sie dem Link in unserer letzten Nachricht.",
  state_withdrawn: "Dieses Angebot wurde zurückgezogen.", unknown: "Dieser Link führt zu keinem Angebot.",
  trouble: "Der Support Desk ist gerade nicht erreichbar. Versuchen Sie es erneut: Nichts wird zweimal angenommen.",
  busy: "Zu viele Anfragen auf einmal: Versuchen Sie es in einer Minute.",
  refused_by_desk: "Das wurde nicht angenommen: {detail}",
};
const texts = { fr, en, de };
const locales = { fr: "fr-LU", en: "en-GB", de: "de-LU" };

let language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => Object.hasOwn(texts, tag)) ?? "fr";

export const t = (key, facts = {}) => texts[language][key].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
export const money = (cents, currency) =>
  new Intl.NumberFormat(locales[language], { style: "currency", currency }).format(cents / 100);
export const percent = (bp) => new Intl.NumberFormat(locales[language]).format(bp / 100);
export const day = (date) =>
  new Intl.DateTimeFormat(locales[language], { dateStyle: "long", timeZone: "UTC" }).format(new Date(date));
export const moment = (instant) =>
  new Intl.DateTimeFormat(locales[language], { dateStyle: "long", timeStyle: "short", timeZone: "Europe/Luxembourg" })
    .format(new Date(instant));

export function useLanguage(wanted) {
  language = wanted ?? language;
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
}
