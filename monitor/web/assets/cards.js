// Plan cards: what is used and left, until when, and where it leads to.

import { fill, make, say, set } from "./dom.js";
import { seconds } from "./moments.js";

const IDLE = ["pending", "lapsed", "expired"]; // nothing is used of it: what it has is said

function tone(plan) {
  if (plan.state === "pending") return ["idle", plan.state];
  if (plan.state !== "active") return ["bad", plan.state];
  if (plan.warning_pct !== null) return ["warn", `${plan.warning_pct} % reached`];
  return ["good", plan.state];
}

export function showCards(list, { status, words }, showCycle) {
  fill(list, status.plans, (plan) => plan.id, (plan) => card(plan, showCycle), (node, plan) => update(node, plan, words[plan.id]));
}

function card(plan, showCycle) {
  const node = make("li", { class: "card" },
    make("header", {}, make("h3", {}, plan.id), make("span", { class: "badge" })),
    make("p", { class: "left" }),
    make("progress", { max: 100, "aria-label": `used of ${plan.id}` }),
    make("p", { class: "used" }),
    make("p", { class: "turn" }),
    make("ul", { class: "more quiet small" }),
    make("p", { class: "where quiet small" }),
  );
  const button = make("button", { type: "button", onclick: () => showCycle(node.plan) }, "Show this cycle");
  node.append(button);
  return node;
}

function update(node, plan, words) {
  node.plan = { id: plan.id, from: seconds(plan.cycle_start), to: seconds(plan.cycle_end) };
  const [colour, state] = tone(plan);
  const find = (name) => node.querySelector(name);
  set(node, "data-tone", colour);
  set(find(".badge"), "data-tone", colour);
  say(find(".badge"), state);
  const isIdle = IDLE.includes(plan.state);
  say(find(".left"), words.left || (isIdle ? plan.state : "no limit"));
  say(find(".used"), isIdle ? words.used : `used ${words.used}`);
  say(find(".turn"), words.turn);
  const bar = find("progress");
  bar.hidden = plan.pct_used === null || !plan.limit_bytes;
  set(bar, "value", Math.min(100, plan.pct_used ?? 0));
  fill(find(".more"), words.more, (line) => line, (line) => make("li", {}, line));
  say(find(".where"), plan.interfaces.length ? `on ${plan.interfaces.join(", ")}` : "on no interface now");
  find("button").hidden = !node.plan.from || !node.plan.to;
}
