// The page: asks, shows, keeps up to date. Figures come ready from the server.

import { ask, takeToken } from "./api.js";
import { showCards } from "./cards.js";
import { fill, make, one, say, set } from "./dom.js";
import { Graph } from "./graph.js";
import { isoDate, part, useZone, zoneName } from "./moments.js";
import * as states from "./state.js";
import { Applications, showAlerts, showGaps, showNetworks, showParts } from "./tables.js";
import { rate, size } from "./units.js";

const TICK_MS = 10_000; // the daemon's own, unless configured
const SLOW_TICKS = 6;
const HOUR = 3600;
const SLOT = 300;
const LONGEST = 20 * 366 * 86400;

let state = states.read();
let usage = null;
let standing = null;
let asked = 0;
const applications = new Applications(one("applications"));
const graph = new Graph(one("graph"), one("readout"), { pick, zoom, closer });

// What a person asked for is read out; what is only kept up to date is not.
async function go(change) {
  const { network, plan } = state;
  state = { network, plan, ...change };
  states.write(state);
  await show();
  say(one("said"), one("shown").textContent);
}

async function pick(from, to) {
  state = { ...state, pick: from ? `${from}-${to}` : "" };
  states.write(state);
  await settled([showPicked()]);
  say(one("said"), `Applications: ${one("picked").textContent}`);
}

function zoom(from, to) {
  return go({ from, to });
}

// Half as long or twice, around the middle or a part of the graph; whole hours, or slots
// where the bars are as short.
function closer(way, around) {
  if (!usage) return;
  const { from_s: from, to_s: to } = usage;
  const length = way > 0 ? Math.max(HOUR, (to - from) / 2) : Math.min(LONGEST, (to - from) * 2);
  const unit = length > 6 * HOUR ? HOUR : SLOT;
  const middle = around ? (around[0] + around[1]) / 2 : (from + to) / 2;
  const begin = Math.max(0, Math.floor((middle - length / 2) / unit) * unit);
  zoom(begin, begin + Math.ceil(length / unit) * unit);
}

function showUsage(found) {
  usage = found;
  useZone(usage.timezone);
  const { rx_bytes: rx, tx_bytes: tx } = usage.total;
  say(one("shown"), `${usage.text}: ${size(rx)} down, ${size(tx)} up`);
  graph.show(usage);
  if (one("numbers").open) showParts(usage, pick);
  showGaps(usage);
  showPeriods();
  one("first").value = isoDate(usage.from_s);
  one("last").value = isoDate(usage.to_s - 1);
  say(one("place"), `store ${usage.store}, times of ${zoneName() ?? "this browser"}`);
  performance.mark("usage");
  return showPicked();
}

async function showPicked() {
  const [from, to] = (state.pick || "").split("-").map(Number);
  const found = from ? await ask("applications", { ...states.query(state), period: "", from, to }) : usage;
  if (!found) return;
  say(one("picked"), from ? part([from, to], usage.step) : found.text);
  one("unpick").hidden = !from;
  applications.show(found);
  const covered = found.coverage_pct === null ? "" : `Coverage ${found.coverage_pct.toFixed(1)} %`;
  const left = found.unattributed_bytes ? `: ${size(found.unattributed_bytes)} without a known owner` : "";
  const how = found.l3 === "exact" ? "" : " Sizes of IP packets are estimated in part.";
  say(one("coverage"), covered && `${covered}${left}.${how}`);
}

function showPeriods() {
  if (!usage) return;
  const today = isoDate(usage.now_s);
  const cycles = (standing?.status.plans ?? [])
    .map((plan) => ({ id: plan.id, from: Date.parse(plan.cycle_start) / 1000, to: Date.parse(plan.cycle_end) / 1000 }))
    .filter(({ from, to }) => from && to);
  const choices = [
    ["Day", { period: "today" }], ["Week", { period: "week" }], ["Month", { period: "month" }],
    ["Year", { period: today.slice(0, 4) }],
    ...cycles.map(({ id, from, to }) => [`Cycle of ${id}`, { from, to, plan: id }]),
  ];
  fill(one("periods"), choices, ([text]) => text,
    ([text]) => make("button", { type: "button", onclick: (event) => go(event.currentTarget.choice) }, text),
    (node, [, choice]) => {
      node.choice = choice;
      const isIt = choice.period ? state.period === choice.period : state.plan === choice.plan && Number(state.from) === choice.from && Number(state.to) === choice.to;
      set(node, "aria-pressed", isIt);
    });
}

function showStanding(found) {
  standing = found;
  showCards(one("plans"), standing, ({ id, from, to }) => go({ from, to, plan: id }));
  const { plans, rate: rates } = standing.status;
  one("no-plans").hidden = plans.length > 0;
  say(one("no-plans"), "No plan yet: esimmon counts, but warns of no limit. Make one with: esimmon setup");
  const [most] = standing.status.last_hour ?? [];
  const eater = most ? `; in the last hour most by ${most.application} (${size(most.bytes)})` : "";
  const sum = (word) => Object.values(rates ?? {}).reduce((all, each) => all + each[word], 0);
  say(one("now"), standing.running
    ? `now ${rate(sum("rx_bytes_per_s"))} down, ${rate(sum("tx_bytes_per_s"))} up${eater}`
    : "No daemon is running: what is shown is what was recorded. Start counting with: esimmon run");
  showPeriods();
  choose(one("plan"), "all", plans.map((plan) => [plan.id, plan.id]), state.plan);
}

function showNets(found) {
  showNetworks(one("networks"), found);
  choose(one("network"), "all", found.networks.map((each) => [each.key, each.called]), state.network);
}

function choose(select, all, pairs, chosen) {
  const known = pairs.some(([key]) => key === chosen) || !chosen ? pairs : [...pairs, [chosen, chosen]];
  fill(select, [["", all], ...known], ([key]) => `k${key}`, ([key, text]) => make("option", { value: key }, text));
  select.value = chosen ?? "";
}

// All is asked at once; alerts and networks are shown once the zone is known. What one
// part lacks does not keep the others away; what is not wanted any more is not shown.
async function show() {
  const mine = (asked += 1);
  const isWanted = () => mine === asked;
  const shown = (how) => (found) => (isWanted() ? how(found) : undefined);
  const first = ask("usage", states.query(state));
  const after = (name, how) => Promise.all([ask(name), first]).then(([found]) => shown(how)(found));
  const parts = [first.then(shown(showUsage)), ask("standing").then(shown(showStanding))];
  await settled([...parts, after("networks", showNets), after("alerts", showAlerts)], isWanted);
}

// Whether all is shown is on the root, for who waits for it.
async function settled(parts, isWanted = () => true) {
  document.documentElement.dataset.shown = "asking";
  const done = await Promise.allSettled(parts);
  if (!isWanted()) return;
  const wrong = done.find(({ status }) => status === "rejected");
  trouble(wrong?.reason);
  document.documentElement.dataset.shown = wrong ? "trouble" : "all";
  performance.mark("shown");
}

function trouble(error) {
  const place = one("trouble");
  place.hidden = !error;
  if (error) say(place, error.message);
  if (error && error.status === undefined) console.error(error);
}

let ticks = 0;
async function tick() {
  if (document.hidden || !one("live").checked) return;
  ticks += 1;
  const isSlow = ticks % SLOW_TICKS === 0 || !usage || !standing;
  const isNow = !usage || usage.to_s > usage.now_s;
  if (isSlow && isNow) await show();
  else if (isSlow || standing?.running) await ask("standing").then(showStanding).then(() => trouble(), trouble);
}

function begin() {
  one("earlier").onclick = () => usage && go(states.shifted(state, usage, -1));
  one("later").onclick = () => usage && go(states.shifted(state, usage, 1));
  one("closer").onclick = () => closer(1);
  one("wider").onclick = () => closer(-1);
  one("unpick").onclick = () => pick();
  one("network").onchange = ({ target }) => go({ ...state, network: target.value });
  one("plan").onchange = ({ target }) => go({ ...state, plan: target.value });
  one("numbers").ontoggle = () => usage && one("numbers").open && showParts(usage, pick);
  one("custom").onsubmit = (event) => {
    event.preventDefault();
    go({ period: `${one("first").value}..${one("last").value}` });
  };
  addEventListener("popstate", () => {
    state = states.read();
    show();
  });
  if (!takeToken()) {
    trouble({ status: 401, message: "Open the address that `esimmon web` wrote when it began: it has a token at its end." });
    document.documentElement.dataset.shown = "trouble";
    return;
  }
  show();
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", tick);
}

begin();
