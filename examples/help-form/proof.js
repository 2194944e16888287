// A proof of work (ALTCHA), made only when the desk asks for one: some seconds of this machine's time, no third party.

import { read } from "./desk.js";

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
const hexOf = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function derivedKey({ nonce, salt, cost, keyLength }, counter) {
  const password = new Uint8Array([...bytesOf(nonce), 0, 0, 0, 0]);
  new DataView(password.buffer).setUint32(password.length - 4, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(salt), iterations: cost };
  return hexOf(await crypto.subtle.deriveBits(how, key, keyLength * 8));
}

async function solve(parameters) {
  for (let counter = 0; ; counter += 1) {
    const key = await derivedKey(parameters, counter);
    if (key.startsWith(parameters.keyPrefix)) return { counter, derivedKey: key };
  }
}

// The text for the field `altcha`; null when the desk asks for none. Only PBKDF2/SHA-256 challenges are known.
export async function proofOfWork() {
  const { required, challenge } = await read("/v1/public/challenge");
  if (!required) return null;
  return btoa(JSON.stringify({ challenge, solution: await solve(challenge.parameters) }));
}
