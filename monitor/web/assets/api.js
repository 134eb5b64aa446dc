// What is asked, with the token: it came behind the # of the address, is kept for this
// tab alone, and leaves the address at once.

const KEPT = "esimmon-token";

export class Refused extends Error {
  constructor(status, message, reason) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found) {
    sessionStorage.setItem(KEPT, found);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEPT) !== null;
}

export async function ask(name, query = {}) {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(KEPT)}` };
  let answer;
  try {
    answer = await fetch(`/api/${name}${words.size ? `?${words}` : ""}`, { headers });
  } catch {
    throw new Refused(0, "esimmon web does not answer. Start it again, and open its new address.");
  }
  const document = await answer.json().catch(() => ({ error: `status ${answer.status}` }));
  if (!answer.ok) throw new Refused(answer.status, document.error, document.reason);
  return document;
}
