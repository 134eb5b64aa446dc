// Sizes and durations for people, digit by digit as esimmon writes them in a terminal.

const UNITS = ["kB", "MB", "GB", "TB", "PB", "EB"];
const GIGA = 3; // from GB on, two decimals are always shown

function scaled(magnitude, unit, decimals) {
  return (2n * magnitude * 10n ** BigInt(decimals) + unit) / (2n * unit);
}

function pointed(shown, decimals) {
  if (!decimals) return String(shown);
  const text = String(shown).padStart(decimals + 1, "0");
  return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}

export function size(bytes) {
  const sign = bytes < 0 ? "-" : "";
  const magnitude = BigInt(Math.abs(bytes));
  if (magnitude < 1000n) return `${sign}${magnitude} B`;
  for (let power = 1; power <= UNITS.length; power += 1) {
    for (const decimals of power >= GIGA ? [2] : [2, 1, 0]) {
      const shown = scaled(magnitude, 1000n ** BigInt(power), decimals);
      const most = power >= GIGA ? 1000n * 10n ** BigInt(decimals) : 1000n;
      if (shown < most) return `${sign}${pointed(shown, decimals)} ${UNITS[power - 1]}`;
    }
  }
  return `${sign}${pointed(scaled(magnitude, 10n ** 18n, 2), 2)} EB`;
}

// For the axis of a graph: 2.50 MB is 2.5 MB there.
export const short = (bytes) => size(bytes).replace(/\.?0+ /, (zeros) => (zeros.includes(".") ? " " : zeros));

export const rate = (bytes) => `${size(bytes)}/s`;

export function duration(seconds) {
  const parts = [];
  let rest = seconds;
  [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]].forEach(([name, unit], position) => {
    const count = Math.floor(rest / unit);
    rest %= unit;
    if (count) parts.push([position, `${count} ${name}${name === "day" && count > 1 ? "s" : ""}`]);
  });
  if (!parts.length) return "0 s";
  return parts.filter(([position]) => position <= parts[0][0] + 1).map(([, text]) => text).join(" ");
}
