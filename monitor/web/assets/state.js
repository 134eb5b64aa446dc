// What is shown, as the address says it: Back goes to what was shown before.

import { isoDate } from "./moments.js";

const NAMES = ["period", "from", "to", "network", "plan", "pick"];
const DAY = 86400;

export function read() {
  const words = new URLSearchParams(location.search);
  const found = Object.fromEntries(NAMES.map((name) => [name, words.get(name) ?? ""]));
  if (!found.period && !found.from) found.period = "month";
  return found;
}

export function write(state) {
  const words = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
  history.pushState(null, "", `?${words}`);
}

export const query = ({ period, from, to, network, plan }) => ({ period, from, to, network, plan });

// A period of its own kind, one before or after: of days, weeks, months or years.
export function shifted({ period }, { from_s: from, to_s: to }, way) {
  const [year, month, date] = isoDate(from).split("-").map(Number);
  const iso = (...at) => new Date(Date.UTC(...at)).toISOString();
  if (period === "today" || /^\d{4}-\d\d-\d\d$/.test(period)) {
    return { period: iso(year, month - 1, date + way).slice(0, 10) };
  }
  if (period === "week" || /^\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d$/.test(period)) {
    const days = Math.round((to - from) / DAY);
    const first = iso(year, month - 1, date + way * days).slice(0, 10);
    return { period: `${first}..${iso(year, month - 1, date + way * days + days - 1).slice(0, 10)}` };
  }
  if (period === "month" || /^\d{4}-\d\d$/.test(period)) {
    return { period: iso(year, month - 1 + way, 1).slice(0, 7) };
  }
  if (/^\d{4}$/.test(period)) return { period: String(year + way).padStart(4, "0") };
  const length = to - from;
  return { from: from + way * length, to: to + way * length };
}
