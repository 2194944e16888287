// The help form: one request, sent once, whatever the network does.

import { Refusal, Unreachable, pack, send } from "./desk.js";
import { showFee, startFee } from "./fee.js";
import { asRequest, clearError, clearErrors, fillIn, obviousErrors, showErrors, typedIn } from "./fields.js";
import { forget, keep, kept, newKey } from "./keep.js";
import { tell, tellFailure, tellNothing, tellPause } from "./news.js";
import { proofOfWork } from "./proof.js";
import { showReceipt } from "./receipt.js";
import { currentLanguage } from "./texts.js";

const PENDING = "help-form";
const PATH = "/v1/public/tickets";
const form = document.getElementById("help");
const startOverButton = document.getElementById("start-over");
let sending = false;

// The request in the making: {key, typed, files, proof, sent}. `sent` lists what was posted with this key and may have
// arrived. It is kept until the desk has confirmed; bodies with files cannot be stored and live with the page.
let pending = kept(PENDING) ?? {};

function remember(body, fileCount) {
  const sent = (pending.sent ?? []).filter((earlier) => earlier !== body);
  pending = { ...pending, typed: typedIn(form), files: fileCount, sent: [...sent, body] };
  keep(PENDING, { ...pending, sent: pending.sent.filter((one) => typeof one === "string") });
}

function forgetPending() {
  forget(PENDING);
  pending = {};
}

const keyReused = (failure) => failure instanceof Refusal && failure.problem.code === "idempotency-key-reused";

// The desk knows this key with another text: an earlier press of the button did arrive and only its answer was lost.
// Posting that earlier text again makes nothing new, it brings the lost answer back. Null: that text is gone.
async function lostReceipt() {
  for (const body of pending.sent) {
    try {
      return { ...(await send(PATH, body, pending.key, tellPause)), earlier: true };
    } catch (failure) {
      if (!keyReused(failure)) throw failure;
    }
  }
  return null;
}

async function receiptFor(body) {
  try {
    return await send(PATH, body, pending.key, tellPause);
  } catch (failure) {
    if (keyReused(failure)) return lostReceipt();
    throw failure;
  }
}

async function sendRequest() {
  const files = [...form.elements.attachments.files];
  const request = asRequest(typedIn(form), currentLanguage());
  tell("sending");
  pending.key ??= newKey();
  pending.proof ??= await proofOfWork().catch(() => null); // unread: the desk will say if it wants one
  if (pending.proof) request.altcha = pending.proof;
  const body = pack(request, files);
  remember(body, files.length);
  const receipt = await receiptFor(body);
  if (receipt === null) {
    tell("news_already", {}, "bad");
    startOverButton.hidden = false;
    return;
  }
  forgetPending();
  tellNothing();
  form.hidden = true;
  showReceipt(receipt, request);
}

function errorsOf(failure) {
  if (failure.status !== 413) return failure.problem?.errors ?? [];
  const files = form.elements.attachments.files.length > 0;
  return [files ? { pointer: "/attachments", code: "request-too-large" } : { pointer: "/message", code: "too-long" }];
}

function showFailure(failure) {
  if (!(failure instanceof Refusal || failure instanceof Unreachable)) throw failure;
  if (failure.problem?.code === "proof-of-work-required") pending.proof = null; // it is too old: make another
  const errors = errorsOf(failure);
  const homeless = showErrors(form, errors);
  tellFailure(failure, errors.length > homeless.length, homeless);
}

async function onSubmit(event) {
  event.preventDefault();
  if (sending) return; // the second half of a double click
  clearErrors(form);
  const errors = obviousErrors(form);
  if (errors.length) {
    tell("news_correct", {}, "bad");
    showErrors(form, errors);
    return;
  }
  sending = true;
  form.setAttribute("aria-busy", "true");
  try {
    await sendRequest();
  } catch (failure) {
    showFailure(failure);
  } finally {
    sending = false;
    form.removeAttribute("aria-busy");
  }
}

function startOver() {
  forgetPending();
  form.reset();
  clearErrors(form);
  tellNothing();
  startOverButton.hidden = true;
  showFee();
  form.elements.name.focus();
}

export function startForm() {
  form.hidden = false;
  startFee();
  if (pending.typed) {
    fillIn(form, pending.typed);
    showFee();
    tell(pending.files ? "news_restored_files" : "news_restored");
  }
  form.addEventListener("submit", onSubmit);
  form.addEventListener("input", ({ target }) => clearError(target));
  startOverButton.addEventListener("click", startOver);
}
