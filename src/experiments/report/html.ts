// The report: one self-contained HTML page with question, method, machine, plots, table, claims and the command that makes it again.

import type { Result } from '../experiment.ts';
import { renderPlot } from './svg.ts';

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #5b6570; --rule: #d9dee3; --good: #0a7d45; --bad: #b3261e; --panel: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --paper: #14171a; --faint: #9aa4ae; --rule: #343b42; --good: #4cc38a; --bad: #ff8a80; --panel: #1c2125; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.25rem 5rem; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
.kicker { color: var(--faint); margin: 0; } .question { font-size: 1.15rem; }
figure { margin: 1rem 0 2rem; } figcaption { font-weight: 600; margin-bottom: .25rem; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; } svg text { fill: var(--ink); } .axis line { stroke: var(--faint); } .grid line { stroke: var(--rule); }
.mark line { stroke: var(--faint); stroke-dasharray: 3 3; } .mark text { fill: var(--faint); font-size: 11px; }
.tally { display: flex; gap: 1rem; flex-wrap: wrap; } .tally b { font-variant-numeric: tabular-nums; }
.claim { border-left: 4px solid var(--rule); padding: .25rem 0 .25rem 1rem; margin: 1rem 0; } .claim.holds { border-color: var(--good); } .claim.fails { border-color: var(--bad); }
.claim p { margin: .2rem 0; } .verdict { font-weight: 700; } .holds .verdict { color: var(--good); } .fails .verdict { color: var(--bad); } .source { color: var(--faint); font-size: .9rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; } th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th { position: sticky; top: 0; background: var(--panel); } td:first-child, th:first-child { text-align: left; } details summary { cursor: pointer; }
pre { background: var(--panel); padding: .75rem 1rem; overflow-x: auto; border-radius: .4rem; } .parameters { columns: 20rem; font-size: .85rem; } .parameters div { break-inside: avoid; }
`;

function formatCell(value: number | string | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeHtml(value);
  return Number.isInteger(value)
    ? value.toLocaleString('en-US')
    : Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

export interface ReportContext {
  readonly version: string;
  readonly command: string;
  /** Every resolved parameter of the machine. */
  readonly parameters: readonly { readonly name: string; readonly value: string | number | boolean | null }[];
}

export function renderReport(result: Result, context: ReportContext): string {
  const { experiment, rows, verdicts, options } = result;
  const held = verdicts.filter(({ verdict }) => verdict.holds === true).length;
  const evaluated = verdicts.filter(({ verdict }) => verdict.holds !== null).length;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const claims = verdicts.map(
    ({ claim, verdict }) => `<div class="claim ${verdict.holds === null ? 'open' : verdict.holds ? 'holds' : 'fails'}">
<p><span class="verdict">${verdict.holds === null ? 'Needs more points' : verdict.holds ? 'Holds' : 'Fails'}</span> — ${escapeHtml(claim.statement)}</p>
<p>${escapeHtml(verdict.evidence)}</p>
<p class="source">Tolerance: ${escapeHtml(claim.tolerance)} Source: ${escapeHtml(claim.source)}</p>
</div>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(experiment.title)} — Cyclix</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<p class="kicker">Cyclix ${escapeHtml(context.version)} · experiment ${escapeHtml(experiment.name)} · preset ${escapeHtml(options.preset)}</p>
<h1>${escapeHtml(experiment.title)}</h1>
<p class="question">${escapeHtml(experiment.question)}</p>
<p class="tally"><span><b>${held}</b> of <b>${evaluated}</b> claims hold</span><span><b>${rows.length}</b> rows from <b>${result.measurements.length}</b> runs</span></p>
<h2>What was measured</h2>
${experiment
  .plots(rows, options)
  .map((plot) => `<figure><figcaption>${escapeHtml(plot.title)}</figcaption>\n${renderPlot(plot)}</figure>`)
  .join('\n')}
<h2>Claims</h2>
${claims.join('\n')}
<h2>Method</h2>
<p>${escapeHtml(experiment.method)}</p>
<h2>Table</h2>
<details><summary>${rows.length} rows</summary><div class="scroll"><table>
<thead><tr>${columns.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${columns.map((name) => `<td>${formatCell(row[name])}</td>`).join('')}</tr>`).join('\n')}
</tbody></table></div></details>
<h2>Machine</h2>
<p>Preset <b>${escapeHtml(options.preset)}</b>${
    Object.keys(options.changes).length === 0
      ? ''
      : `, changed: ${escapeHtml(
          Object.entries(options.changes)
            .map(([key, value]) => `${key}=${value}`)
            .join(', '),
        )}`
  }. Every resolved parameter:</p>
<div class="parameters">${context.parameters.map(({ name, value }) => `<div><code>${escapeHtml(name)}</code> = ${escapeHtml(String(value))}</div>`).join('')}</div>
<h2>References</h2>
<ul>${experiment.references.map((reference) => `<li>${escapeHtml(reference)}</li>`).join('')}</ul>
<h2>Again</h2>
<pre>${escapeHtml(context.command)}</pre>
</body>
</html>
`;
}
