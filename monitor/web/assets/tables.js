// The tables and lists beside the graph.

import { fill, make, one, say, set } from "./dom.js";
import { moment, part, seconds } from "./moments.js";
import { duration, size } from "./units.js";

const name = (text) => make("bdi", {}, text);
const number = () => make("td", { class: "number" });

export class Applications {
  constructor(table) {
    this.table = table;
    this.sort = { by: "bytes", way: -1 };
    for (const button of table.querySelectorAll("[data-sort]")) {
      button.addEventListener("click", () => this.#sortBy(button.dataset.sort));
    }
  }

  show(found) {
    this.found = found;
    const rows = found.applications.map((row) => ({ ...row, bytes: row.rx_bytes + row.tx_bytes }));
    const { by, way } = this.sort;
    rows.sort((a, b) => way * (by === "label" ? a.label.localeCompare(b.label) : a[by] - b[by]));
    for (const button of this.table.querySelectorAll("[data-sort]")) {
      const isIt = button.dataset.sort === by;
      set(button.closest("th"), "aria-sort", isIt ? (way > 0 ? "ascending" : "descending") : null);
    }
    fill(this.table.tBodies[0], rows, (row) => row.label, (row) => this.#row(row), (node, row) => this.#update(node, row));
    const total = { label: "total", ...found.total, share_pct: null, background_bytes: 0, owned: true };
    fill(this.table.tFoot, [total], () => "total", (row) => this.#row(row), (node, row) => this.#update(node, row));
  }

  #row(row) {
    return make("tr", {}, make("th", { scope: "row" }, name(row.label)), number(), number(), number(), make("td"));
  }

  #update(node, row) {
    set(node, "data-owned", row.owned);
    const [, down, up, share, background] = node.cells;
    say(down, size(row.rx_bytes));
    say(up, size(row.tx_bytes));
    say(share, row.share_pct === null ? "" : `${row.share_pct} %`);
    say(background, row.background_bytes > 0 ? size(row.background_bytes) : "");
  }

  #sortBy(by) {
    const first = by === "label" ? 1 : -1;
    this.sort = { by, way: this.sort.by === by ? -this.sort.way : first };
    this.show(this.found);
  }
}

export function showParts(usage, pick) {
  const unknown = ([from, to, rx, tx, blind]) => !rx && !tx && blind >= to - from;
  fill(one("parts"), usage.parts, ([from, to]) => `${from}-${to}`, (each) => {
    const button = make("button", { type: "button", onclick: () => pick(each[0], each[1]) }, part(each, usage.step));
    return make("tr", {}, make("th", { scope: "row" }, button), number(), number(), make("td"));
  }, (node, each) => {
    const [, down, up, blind] = node.cells;
    say(down, unknown(each) ? "unknown" : size(each[2]));
    say(up, unknown(each) ? "unknown" : size(each[3]));
    say(blind, each[4] ? duration(each[4]) : "");
  });
}

const METERED = { true: "yes", false: "no", null: "unknown" };

export function showNetworks(table, { networks }) {
  fill(table.tBodies[0], networks, (each) => each.key, (each) =>
    make("tr", {}, make("th", { scope: "row" }, name(each.called)), make("td"), make("td"), make("td"), number(), number(), make("td")),
  (node, each) => {
    const texts = [
      `${each.interface ?? ""}${each.attached ? ", attached" : ""}`,
      `${METERED[String(each.metered)]}${each.roaming ? ", roaming" : ""}`,
      each.plan ?? (each.metered ? "none" : ""),
      size(each.today.rx_bytes),
      size(each.today.tx_bytes),
      each.attached ? "now" : each.last_seen ? moment(seconds(each.last_seen)) : "",
    ];
    say(node.cells[0].firstChild, each.called);
    texts.forEach((text, at) => say(node.cells[at + 1], text));
  });
}

export function showAlerts({ alerts }) {
  const newest = [...alerts].reverse();
  const holding = newest.filter((each) => each.cleared_at === null);
  const over = newest.filter((each) => each.cleared_at !== null).slice(0, 30);
  // What was told, or silenced, of it makes it another line.
  const key = (each) => JSON.stringify([each.id, each.told_at, each.cleared_at, each.state]);
  fill(one("holding"), holding, key, alert);
  fill(one("over"), over, key, alert);
  one("no-alerts").hidden = holding.length > 0;
  one("before").hidden = over.length === 0;
}

function alert(each) {
  const when = moment(seconds(each.raised_at));
  const told = each.told_at === null ? "in the log only" : `shown ${moment(seconds(each.told_at))}`;
  const state = ["holds", "over"].includes(each.state) ? "" : `, ${each.state}`;
  const ended = each.cleared_at === null ? "" : `, over since ${moment(seconds(each.cleared_at))}`;
  return make("li", {},
    make("b", {}, name(each.title || each.detail)),
    make("span", {}, name(each.body ?? "")),
    make("span", { class: "quiet small" }, ` ${when}, ${told}${state}${ended}`));
}

export function showGaps({ gaps }) {
  fill(one("gaps"), gaps, (each) => each.from_s, () => make("li"), (node, each) => {
    const why = each.clean ? "esimmon was stopped" : "it was killed, or there was no power";
    const kept = each.same_boot ? "; the bytes of the interface are known, their programs are not" : "";
    say(node, `${moment(each.from_s)} - ${moment(each.to_s)} (${each.lasted}): ${why}${kept}`);
  });
  one("no-gaps").hidden = gaps.length > 0;
}
