// Instants in the zone of the report, which need not be the browser's.

let zone = "UTC";
const writers = new Map();

export function useZone(name) {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    zone = name;
  } catch {
    zone = undefined; // a zone that only the machine knows is the browser's own
  }
  writers.clear();
}

export const zoneName = () => zone;

function written(at, options) {
  const key = JSON.stringify(options);
  if (!writers.has(key)) {
    writers.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }));
  }
  const parts = writers.get(key).formatToParts(new Date(at * 1000));
  return Object.fromEntries(parts.map((part) => [part.type, part.value]));
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const month = (number) => MONTHS[Number(number) - 1];

export function clock(at) {
  const { hour, minute } = written(at, CLOCK);
  return `${hour}:${minute}`;
}

export function day(at) {
  const { day: number, month: name } = written(at, { day: "numeric", month: "numeric" });
  return `${Number(number)} ${month(name)}`;
}

export function date(at) {
  const { year } = written(at, { year: "numeric" });
  return `${day(at)} ${year}`;
}

export function weekday(at) {
  return `${written(at, { weekday: "short" }).weekday} ${date(at)}`;
}

export const moment = (at) => `${day(at)} ${clock(at)}`;

export function isoDate(at) {
  const parts = written(at, { year: "numeric", month: "2-digit", day: "2-digit" });
  return `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}`;
}

export const seconds = (text) => (text ? Date.parse(text) / 1000 : null);

const WRITTEN = {
  day: ([from]) => weekday(from),
  month: ([from]) => `${day(from).split(" ")[1]} ${date(from).split(" ")[2]}`,
};

export const part = (each, step) =>
  (WRITTEN[step] ?? (([from, to]) => `${moment(from)} - ${clock(to)}`))(each);
