// A line plot as SVG text: axes linear or logarithmic, one line a series, points with titles, a legend. Written here because
// the reports must be the same bytes everywhere and stand alone; plotting libraries want a DOM or a script in the page.

import type { Plot, Row } from '../experiment.ts';

const width = 760;
const height = 380;
const margin = { left: 72, right: 150, top: 20, bottom: 52 };
/** Of the legend's text, about; text cannot be measured here. */
const characterWidth = 6.6;
/** Colours that stay apart for colour-blind readers (Okabe and Ito 2008), then dashes. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#8c6bb1'];
const dashes = ['', '6 3', '2 3', '8 3 2 3'];

interface Axis {
  position(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** 16384 → 16 Ki, 1500000 → 1.5 M: short labels for ticks. */
export function shortNumber(value: number, binary: boolean): string {
  const magnitude = Math.abs(value);
  const units: [number, string][] = binary
    ? [
        [2 ** 30, ' Gi'],
        [2 ** 20, ' Mi'],
        [2 ** 10, ' Ki'],
      ]
    : [
        [1e9, ' G'],
        [1e6, ' M'],
        [1e4, ' k'],
      ];
  for (const [unit, suffix] of units) {
    if (magnitude >= unit) {
      const scaled = value / (suffix === ' k' ? 1e3 : unit);
      return `${Number(scaled.toFixed(2))}${suffix}`;
    }
  }
  return String(Number(value.toPrecision(6)));
}

function niceStep(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  return step * power;
}

function linearAxis(low: number, high: number, from: number, to: number): Axis {
  const step = niceStep(high === low ? 1 : high - low, 6);
  // The axis ends at a tick, so that no curve runs into the marks' labels.
  const top = high === low ? low + 1 : Math.ceil(high / step - 1e-9) * step;
  const ticks: { value: number; label: string }[] = [];
  for (let value = Math.ceil(low / step) * step; value <= top + step * 1e-9; value += step) {
    const rounded = Number(value.toPrecision(12));
    ticks.push({ value: rounded, label: shortNumber(rounded, false) });
  }
  return { ticks, position: (value) => from + ((value - low) / (top - low)) * (to - from) };
}

/** Logarithmic; zero stands at the left edge, one step before the smallest positive value. */
function logarithmicAxis(values: readonly number[], base: 2 | 10, from: number, to: number): Axis {
  const positive = values.filter((value) => value > 0);
  const hasZero = positive.length < values.length;
  const log = (value: number): number => Math.log(value) / Math.log(base);
  let low = Math.floor(log(Math.min(...positive, Number.MAX_VALUE)) + 1e-9);
  let high = Math.ceil(log(Math.max(...positive, Number.MIN_VALUE)) - 1e-9);
  if (positive.length === 0) [low, high] = [0, 1];
  if (high === low) high += 1;
  const start = hasZero ? low - 1 : low;
  const position = (value: number): number =>
    from + (((value <= 0 ? start : log(value)) - start) / (high - start)) * (to - from);
  const stride = Math.max(1, Math.ceil((high - low) / 9));
  const ticks: { value: number; label: string }[] = hasZero ? [{ value: 0, label: '0' }] : [];
  for (let exponent = low; exponent <= high; exponent += stride)
    ticks.push({ value: base ** exponent, label: shortNumber(base ** exponent, base === 2) });
  return { ticks, position };
}

function axis(scale: Plot['xScale'], values: readonly number[], from: number, to: number, fromZero: boolean): Axis {
  if (scale === 'log2') return logarithmicAxis(values, 2, from, to);
  if (scale === 'log10') return logarithmicAxis(values, 10, from, to);
  const low = fromZero ? Math.min(0, ...values) : Math.min(...values);
  return linearAxis(low, Math.max(...values), from, to);
}

function seriesName(row: Row, columns: readonly string[]): string {
  return columns
    .map((name) => (typeof row[name] === 'number' ? `${name} = ${row[name]}` : String(row[name])))
    .join(', ');
}

export function renderPlot(plot: Plot): string {
  const columns = typeof plot.series === 'string' ? [plot.series] : plot.series;
  const groups = new Map<string, Row[]>();
  for (const row of plot.rows) {
    if (!Number.isFinite(Number(row[plot.x])) || !Number.isFinite(Number(row[plot.y]))) continue;
    const name = seriesName(row, columns);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const all = [...groups.values()].flat();
  if (all.length === 0) return '<p class="empty">No data.</p>';
  const longest = Math.max(...[...groups.keys()].map((name) => name.length));
  const right = width - Math.max(margin.right, 48 + longest * characterWidth);
  const bottom = height - margin.bottom;
  const x = axis(
    plot.xScale,
    all.map((row) => Number(row[plot.x])),
    margin.left,
    right,
    false,
  );
  const y = axis(
    plot.yScale,
    all.map((row) => Number(row[plot.y])),
    bottom,
    margin.top,
    true,
  );
  const at = (value: number): string => value.toFixed(1);
  const parts: string[] = [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(plot.title)}" xmlns="http://www.w3.org/2000/svg">`,
    `<g class="grid">${y.ticks.map(({ value }) => `<line x1="${margin.left}" x2="${right}" y1="${at(y.position(value))}" y2="${at(y.position(value))}"/>`).join('')}</g>`,
    `<g class="axis"><line x1="${margin.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/><line x1="${margin.left}" x2="${margin.left}" y1="${margin.top}" y2="${bottom}"/>`,
    ...x.ticks.map(
      ({ value, label }) =>
        `<text x="${at(x.position(value))}" y="${bottom + 18}" text-anchor="middle">${escapeXml(label)}</text><line x1="${at(x.position(value))}" x2="${at(x.position(value))}" y1="${bottom}" y2="${bottom + 4}"/>`,
    ),
    ...y.ticks.map(
      ({ value, label }) =>
        `<text x="${margin.left - 8}" y="${at(y.position(value) + 4)}" text-anchor="end">${escapeXml(label)}</text>`,
    ),
    `<text class="label" x="${(margin.left + right) / 2}" y="${height - 10}" text-anchor="middle">${escapeXml(plot.xLabel)}</text>`,
    `<text class="label" transform="translate(16 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(plot.yLabel)}</text></g>`,
  ];
  for (const mark of plot.marks ?? []) {
    const px = x.position(mark.x);
    if (px < margin.left || px > right) continue;
    parts.push(
      `<g class="mark"><line x1="${at(px)}" x2="${at(px)}" y1="${margin.top}" y2="${bottom}"/><text x="${at(px + 4)}" y="${margin.top + 10}">${escapeXml(mark.label)}</text></g>`,
    );
  }
  [...groups].forEach(([name, rows], index) => {
    const colour = colours[index % colours.length]!;
    const dash = dashes[Math.floor(index / colours.length) % dashes.length]!;
    const sorted = [...rows].sort((a, b) => Number(a[plot.x]) - Number(b[plot.x]));
    const points = sorted.map((row) => `${at(x.position(Number(row[plot.x])))},${at(y.position(Number(row[plot.y])))}`);
    parts.push(
      `<g stroke="${colour}" fill="${colour}"><polyline fill="none" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`} points="${points.join(' ')}"/>`,
    );
    for (const row of sorted) {
      const title = `${name}: ${plot.x} = ${row[plot.x]}, ${plot.y} = ${Number(Number(row[plot.y]).toPrecision(6))}`;
      parts.push(
        `<circle cx="${at(x.position(Number(row[plot.x])))}" cy="${at(y.position(Number(row[plot.y])))}" r="3" stroke="none"><title>${escapeXml(title)}</title></circle>`,
      );
    }
    const legendY = margin.top + 8 + index * 17;
    parts.push(
      `<line x1="${right + 12}" x2="${right + 34}" y1="${legendY}" y2="${legendY}" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/><text class="legend" x="${right + 40}" y="${legendY + 4}" stroke="none">${escapeXml(name)}</text></g>`,
    );
  });
  parts.push('</svg>');
  return parts.join('\n');
}
