// The support desk's public API: reading, and sending something exactly once over a bad network.

const BACKOFF_MS = [600, 1800, 5000]; // then the person decides; the same key is used again
const LONGEST_WAIT_S = 60; // a longer Retry-After is told, not sat out
const JSON_TIMEOUT_MS = 20_000;
const FILES_TIMEOUT_MS = 180_000; // 20 MiB over a slow line

// The desk answered, and said no. `problem` is its application/problem+json body (RFC 9457).
export class Refusal extends Error {
  constructor(status, problem, retryAfterS) {
    super(problem.detail ?? problem.title ?? String(status));
    Object.assign(this, { status, problem, retryAfterS });
  }
}

// No answer came: it is unknown whether the request arrived.
export class Unreachable extends Error {}

function findBase() {
  const meta = document.querySelector("meta[name=desk-api]").content;
  const asked = new URLSearchParams(location.search).get("api");
  // Only while developing: on a public site a link must not be able to send what people type somewhere else.
  const local = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  return (local && asked ? asked : meta).replace(/\/+$/, "");
}

const base = findBase();

async function call(path, options) {
  let response;
  let body;
  try {
    response = await fetch(base + path, { credentials: "omit", referrerPolicy: "no-referrer", ...options });
    body = await response.json();
  } catch (cause) {
    // Cut connection, time-out, an origin that CORS refuses, or half an answer: a browser does not tell which.
    if (response && !response.ok) body = {};
    else throw new Unreachable("no answer from the desk", { cause });
  }
  if (response.ok) return body;
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  throw new Refusal(response.status, body, Number.isNaN(seconds) ? null : seconds);
}

export function read(path) {
  return call(path, { signal: AbortSignal.timeout(JSON_TIMEOUT_MS), cache: "no-store" });
}

// How long to wait before the same request may be sent again; null: not by itself.
function pauseMs(failure, attempt) {
  if (attempt >= BACKOFF_MS.length) return null;
  if (failure instanceof Unreachable) return BACKOFF_MS[attempt];
  const busy = [429, 502, 503, 504].includes(failure.status);
  const inFlight = failure.problem.code === "idempotency-key-in-flight";
  if (!busy && !inFlight) return null;
  if (failure.retryAfterS === null) return BACKOFF_MS[attempt];
  return failure.retryAfterS > LONGEST_WAIT_S ? null : failure.retryAfterS * 1000;
}

// Posts `body` with `key` until the desk has answered, a few times at most. The key makes the repeats harmless:
// the desk does the work once and gives every repeat the first answer. `onWait(failure, ms)` is told of each pause.
export async function send(path, body, key, onWait) {
  const json = typeof body === "string";
  const headers = json ? { "Content-Type": "application/json", "Idempotency-Key": key } : { "Idempotency-Key": key };
  for (let attempt = 0; ; attempt += 1) {
    try {
      const signal = AbortSignal.timeout(json ? JSON_TIMEOUT_MS : FILES_TIMEOUT_MS);
      return await call(path, { method: "POST", headers, body, signal });
    } catch (failure) {
      const ms = pauseMs(failure, attempt);
      if (ms === null) throw failure;
      onWait(failure, ms);
      await new Promise((resume) => setTimeout(resume, ms));
    }
  }
}

// JSON, or multipart when there are files (then the browser writes the Content-Type, with the boundary it chose).
export function pack(fields, files) {
  if (files.length === 0) return JSON.stringify(fields);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const file of files) form.append("attachments", file);
  return form;
}
