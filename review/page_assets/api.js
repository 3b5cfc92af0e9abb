// Calls to Python. The header below cannot be sent by a form of another site; the server also checks where calls come from.

const BASE = new URL('./review-api/', document.baseURI);
const TIMEOUT_MS = 20000;

/** What the server answered when it did not do what was asked. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body.error || `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** The server could not be reached at all. */
export class Unreachable extends Error {}

/** Call one function of the review desk and return its answer; `leaving` lets the call outlive the page. */
export async function call(name, body = {}, { leaving = false } = {}) {
  let response;
  try {
    response = await fetch(new URL(name, BASE), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Emola-Review': '1' },
      body: JSON.stringify(body),
      credentials: 'same-origin',
      keepalive: leaving,
      signal: leaving ? undefined : AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Unreachable('The server cannot be reached.');
  }
  let answer;
  try {
    answer = await response.json();
  } catch {
    answer = { error: `The server answered ${response.status} without saying why.` };
  }
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}
