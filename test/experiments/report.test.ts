// CSV, JSON, SVG and the HTML page: well-formed, with whatever a name contains escaped, and nothing of the host in them.

import { describe, expect, test } from 'vitest';
import type { Experiment, Plot, Result } from '../../src/experiments/experiment.ts';
import { renderCsv, renderJson } from '../../src/experiments/report/csv.ts';
import { renderReport } from '../../src/experiments/report/html.ts';
import { renderPlot, shortNumber } from '../../src/experiments/report/svg.ts';

/** Throws when tags do not nest or a bare & or < is left: what an XML parser would refuse. */
function checkMarkup(text: string, voidTags: readonly string[] = []): void {
  const open: string[] = [];
  let at = 0;
  for (const match of text.matchAll(/<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|<!doctype html>/g)) {
    checkText(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [, closing, name, , selfClosing] = match;
    if (name === undefined || selfClosing === '/' || voidTags.includes(name)) continue;
    if (closing === '/') expect(open.pop()).toBe(name);
    else open.push(name);
  }
  checkText(text.slice(at));
  expect(open).toEqual([]);
}

function checkText(text: string): void {
  expect(text).not.toMatch(/<|&(?!amp;|lt;|gt;|quot;)/);
}

const nasty = `<b>&"'`;
const plot: Plot = {
  title: `Cost ${nasty}`,
  x: 'A',
  y: 'cost',
  xLabel: `array ${nasty}`,
  yLabel: 'cycles',
  xScale: 'log2',
  series: ['variant', 'S'],
  rows: [0, 1024, 2048, 4096].flatMap((A) => [
    { A, cost: A + 10, variant: nasty, S: 64 },
    { A, cost: 2 * A + 10, variant: 'ideal', S: 64 },
  ]),
  marks: [{ x: 2048, label: nasty }],
};

describe('a plot', () => {
  test('is well-formed, with a line and its points for each series', () => {
    const svg = renderPlot(plot);
    checkMarkup(svg);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(8);
    expect(svg).toContain('&lt;b&gt;&amp;&quot;');
  });

  test('zero stands left of the smallest value on a logarithmic axis, and larger values further right', () => {
    const svg = renderPlot({ ...plot, rows: plot.rows.filter((row) => row['variant'] === 'ideal') });
    const x = [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(x).toEqual([...x].sort((a, b) => a - b));
    expect(new Set(x).size).toBe(4);
  });

  test('draws nothing that is not a number, and says so when nothing is left', () => {
    const rows = [
      { A: 1, cost: Number.NaN, variant: 'x', S: 1 },
      { A: 2, cost: Number.POSITIVE_INFINITY, variant: 'x', S: 1 },
    ];
    expect(renderPlot({ ...plot, rows })).toContain('No data');
    const svg = renderPlot({ ...plot, rows: [...plot.rows, ...rows] });
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<circle/g)).toHaveLength(8);
  });

  test.each(['linear', 'log2', 'log10'] as const)(
    'one point, equal values and negative ones fit a %s axis',
    (xScale) => {
      for (const values of [[5], [5, 5], [-3, 4]]) {
        const rows = values.map((value) => ({ A: value, cost: value, variant: 'x', S: 1 }));
        const svg = renderPlot({ ...plot, xScale, rows });
        checkMarkup(svg);
        expect(svg).not.toMatch(/NaN|Infinity/);
      }
    },
  );

  test('numbers of ticks are short', () => {
    expect(shortNumber(16384, true)).toBe('16 Ki');
    expect(shortNumber(1_500_000, false)).toBe('1.5 M');
    expect(shortNumber(20_000, false)).toBe('20 k');
    expect(shortNumber(0.25, false)).toBe('0.25');
  });
});

test('CSV quotes commas, quotes and line breaks (RFC 4180), and leaves missing cells empty', () => {
  expect(
    renderCsv([
      { a: 1, b: 'x,y' },
      { a: 2.5, c: 'say "no"' },
    ]),
  ).toBe('a,b,c\r\n1,"x,y",\r\n2.5,,"say ""no"""\r\n');
  expect(renderCsv([{ a: 'two\nlines' }])).toBe('a\r\n"two\nlines"\r\n');
});

function result(holds: boolean | null): Result {
  const claim = {
    name: 'claim',
    statement: `It is <so> & "so" ${nasty}`,
    source: nasty,
    tolerance: 'within 5 %.',
    check: () => ({ holds, evidence: nasty }),
  };
  const experiment: Experiment = {
    name: 'example',
    title: `Example ${nasty}`,
    question: nasty,
    method: nasty,
    references: [nasty],
    points: () => [],
    rows: () => [],
    plots: (rows) => [{ ...plot, rows }],
    claims: [claim],
  };
  const point = {
    label: nasty,
    program: 'true',
    arguments: [],
    machine: { preset: 'rocket', changes: {} },
    factors: {},
  };
  return {
    experiment,
    options: { preset: 'rocket', changes: { 'l1d.sizeBytes': '32KiB' }, quick: false },
    measurements: [{ point, identifier: '0123456789abcdef', values: { cycles: 1 }, counters: {} }],
    rows: plot.rows,
    verdicts: [{ claim, verdict: claim.check() }],
  };
}

describe('a report page', () => {
  const context = {
    version: '1',
    command: `cyclix experiment example ${nasty}`,
    parameters: [{ name: 'l1d.sizeBytes', value: 32768 }],
  };

  test('is well-formed, stands alone and carries no script', () => {
    const page = renderReport(result(true), context);
    const body = page.replace(/<style>[^<]*<\/style>/, '').replace(/&(mdash|nbsp);/g, '');
    checkMarkup(body, ['meta', 'link']);
    expect(page).not.toMatch(/<script|src="|href="http|@import|url\(/);
  });

  test('has question, method, machine, table, verdict, evidence and the command', () => {
    const page = renderReport(result(true), context);
    for (const part of ['<h2>Method', '<h2>Machine', 'l1d.sizeBytes', '32768', '<table', 'Holds', 'cyclix experiment'])
      expect(page).toContain(part);
  });

  test('a claim that fails is shown as failing, one without rows as open', () => {
    expect(renderReport(result(false), context)).toContain('class="claim fails"');
    expect(renderReport(result(null), context)).toContain('Needs more points');
    expect(renderReport(result(false), context)).toContain('<b>0</b> of <b>1</b> claims hold');
  });
});

test('JSON has rows, claims and points with identifiers, and nothing of the host', () => {
  const text = renderJson(result(false), '1');
  const data = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(data).sort()).toEqual([
    ...['changes', 'claims', 'experiment', 'points', 'preset', 'rows', 'version'],
  ]);
  expect(data['points']).toEqual([{ identifier: '0123456789abcdef', label: nasty, values: { cycles: 1 } }]);
  expect(data['claims']).toMatchObject([{ name: 'claim', holds: false }]);
  expect(text.endsWith('}\n')).toBe(true);
});
