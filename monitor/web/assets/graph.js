// The graph: bars of down and up over time, hatched where nobody counted. It is a slider
// for who cannot see it: arrows move from bar to bar, and each says what it is.

import { set, say } from "./dom.js";
import { clock, day, part, zoneName } from "./moments.js";
import { duration, short, size } from "./units.js";

const HOUR = 3600;
const SLOT = 300;
const STEPS = [1, 3, 6, 12, 24, 36, 72, 144].map((slots) => slots * SLOT).concat(
  [1, 2, 3, 7, 14, 31, 61, 92, 183, 366].map((days) => days * 86400),
);

export class Graph {
  constructor(root, readout, { pick, zoom, closer }) {
    Object.assign(this, { root, readout, pick, zoom, closer, at: 0, usage: null, chart: null });
    root.addEventListener("keydown", (event) => this.#pressed(event));
    new ResizeObserver(() => this.#fit()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  show(usage) {
    const isSame = this.usage?.from_s === usage.from_s && this.usage?.to_s === usage.to_s;
    this.usage = usage;
    if (!isSame) this.at = Math.max(0, usage.parts.length - 1);
    this.at = Math.min(this.at, Math.max(0, usage.parts.length - 1));
    set(this.root, "aria-valuemax", Math.max(0, usage.parts.length - 1));
    if (isSame && this.chart) this.chart.setData(this.#data(), true);
    else this.#draw();
    this.#tell();
  }

  #data() {
    const { parts } = this.usage;
    const known = ([from, to, rx, tx, unknown]) => rx || tx || unknown < to - from;
    return [
      parts.map(([from]) => from),
      parts.map((each) => (known(each) ? each[2] + each[3] : null)),
      parts.map((each) => (known(each) ? each[2] : null)),
    ];
  }

  #draw() {
    if (!this.usage) return;
    this.chart?.destroy();
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const bars = uPlot.paths.bars({ align: 1, size: [0.9, Infinity] });
    const series = (label, name) => ({ label, paths: bars, fill: colour(name), stroke: colour(name), width: 0, points: { show: false } });
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid") }, font: "12px system-ui, sans-serif" };
    this.blind = colour("--blind");
    this.chart = new uPlot({
      ...this.#room(),
      legend: { show: false },
      padding: [8, 24, 0, 0],
      tzDate: (at) => (zoneName() ? uPlot.tzDate(new Date(at * 1000), zoneName()) : new Date(at * 1000)),
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, dataIdx: () => this.at },
      scales: {
        x: { range: () => [this.usage.from_s, this.usage.to_s] },
        y: { range: (_, __, most) => [0, Math.max(1, most || 0) * 1.05] },
      },
      axes: [
        { ...axis, incrs: STEPS, space: 56, values: (_, splits, __, ___, step) => splits.map((at) => this.#tick(at, step)) },
        { ...axis, size: 72, values: (_, splits) => splits.map((bytes) => short(Math.round(bytes))) },
      ],
      series: [{}, series("up", "--up"), series("down", "--down")],
      hooks: {
        drawClear: [(chart) => this.#hatch(chart)],
        setSelect: [(chart) => this.#selected(chart)],
        ready: [(chart) => this.#listen(chart)],
      },
    }, this.#data(), this.root);
  }

  #tick(at, step) {
    if (step >= 28 * 86400) return part([at, at], "month");
    return step >= 86400 || clock(at) === "00:00" ? day(at) : clock(at);
  }

  // Times that nobody counted.
  #hatch(chart) {
    const { from_s: from, to_s: to, blind } = this.usage;
    const { ctx, bbox } = chart;
    ctx.save();
    ctx.strokeStyle = this.blind;
    ctx.lineWidth = devicePixelRatio;
    for (const [begin, end] of blind) {
      const left = chart.valToPos(Math.max(begin, from), "x", true);
      const right = chart.valToPos(Math.min(end, to), "x", true);
      if (right - left < 1) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, right - left, bbox.height);
      ctx.clip();
      ctx.globalAlpha = 0.45;
      ctx.beginPath();
      for (let x = left - bbox.height; x < right; x += 8 * devicePixelRatio) {
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x + bbox.height, bbox.top);
      }
      ctx.stroke();
      ctx.restore();
    }
    ctx.restore();
  }

  #listen(chart) {
    chart.over.addEventListener("mousemove", (event) => {
      this.at = this.#under(chart, event);
      this.#tell(false);
    });
    chart.over.addEventListener("click", (event) => {
      this.at = this.#under(chart, event);
      this.#choose();
    });
  }

  #under(chart, event) {
    const at = chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, "x");
    const found = this.usage.parts.findLastIndex(([from]) => from <= at);
    return Math.max(0, found);
  }

  #selected(chart) {
    const { left, width } = chart.select;
    if (width < 4) return;
    const [first, last] = [left, left + width].map((x) => chart.posToVal(x, "x"));
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const touched = this.usage.parts.filter(([from, to]) => from < last && to > first);
    // Whole bars; where nobody counted, whole hours or slots.
    const unit = this.usage.step === "5min" ? SLOT : HOUR;
    this.zoom(
      Math.min(touched[0]?.[0] ?? Infinity, Math.floor(first / unit) * unit),
      Math.max(touched.at(-1)?.[1] ?? 0, Math.ceil(last / unit) * unit),
    );
  }

  #pressed(event) {
    const last = this.usage ? this.usage.parts.length - 1 : -1;
    const moves = {
      ArrowLeft: this.at - 1, ArrowDown: this.at - 1, ArrowRight: this.at + 1, ArrowUp: this.at + 1,
      Home: 0, End: last, PageUp: this.at + 7, PageDown: this.at - 7,
    };
    if (last < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in moves) {
      this.at = Math.min(last, Math.max(0, moves[event.key]));
      this.#tell();
    } else if (event.key === "Enter" || event.key === " ") this.#choose();
    else if (event.key === "+" || event.key === "=") this.closer(1, this.usage.parts[this.at]);
    else if (event.key === "-") this.closer(-1, this.usage.parts[this.at]);
    else return;
    event.preventDefault();
  }

  #choose() {
    const chosen = this.usage.parts[this.at];
    if (chosen) this.pick(chosen[0], chosen[1]);
  }

  // What the bar is that the mouse or the arrows are at.
  #tell(byKeys = true) {
    const found = this.usage.parts[this.at];
    let text = "Nothing was counted in this period.";
    if (found) {
      const [from, to, rx, tx, unknown] = found;
      const isKnown = rx || tx || unknown < to - from;
      text = `${part(found, this.usage.step)}: ${isKnown ? `${size(rx)} down, ${size(tx)} up` : "not counted"}`;
      if (isKnown && unknown) text += `, ${duration(unknown)} of it not counted`;
      if (byKeys && this.chart) {
        const [left, right] = [from, to].map((at) => this.chart.valToPos(at, "x"));
        this.chart.setCursor({ left: (left + right) / 2, top: 0 }, false);
      }
    }
    set(this.root, "aria-valuenow", this.at);
    set(this.root, "aria-valuetext", text);
    say(this.readout, text);
  }

  #room() {
    return { width: this.root.clientWidth, height: this.root.clientHeight };
  }

  #fit() {
    if (this.chart && this.chart.width !== this.root.clientWidth) this.chart.setSize(this.#room());
  }
}
