// One series with the band it was expected in and, along the upper edge, how unusual each moment was.
// Value, band and surprise are four series that the agent keeps; the value is what the model judged:
// a counter's rise per second.

import { ranged } from './api.js';
import * as chart from './chart.js';
import { h, put } from './dom.js';
import { clock, format, guessUnit, number } from './format.js';
import { t } from './lang.js';
import { metricText } from './matrix.js';
import { empty, failure, skeleton } from './parts.js';
import * as range from './range.js';

const unusual = 0.98; // the alarm level of a single series; what a team is told of is decided elsewhere

/** `row` is a series as `/anomalies` lists it. Gives {element, update, end}. */
export function expected(row) {
  const said = h('p.expected-said');
  const plot = h('div.plot');
  const element = h('div.expected', said, plot);
  let drawn = null;
  put(plot, skeleton(1));

  const { __name__: metric, ...labels } = row.labels;
  const selector = metricText(row.labels);
  const back = name => metricText({ __name__: `martlet_anomaly_${name}`, ...labels, metric, ...(labels.metric ? { exported_metric: labels.metric } : {}) });
  const width = `${Math.max(2 * row.interval, 60)}s`;
  const value = row.isCounter ? `rate(${selector}[${width}])` : selector;
  const unit = guessUnit(metric) || 'number';

  async function update() {
    const grid = range.grid(element.clientWidth || 900, Math.max(15, row.interval));
    try {
      const asked = [value, back('low'), back('high'), back('surprise')];
      const answers = await Promise.all(asked.map(expr => ranged(expr, grid.start, grid.end, grid.step)));
      show(grid, answers.map(answer => new Map((answer.data.result[0]?.values || []).map(([time, text]) => [Math.round(time), number(text)]))));
    } catch (error) {
      put(plot, failure(error, update));
    }
  }

  async function show(grid, [values, lows, highs, scores]) {
    const rows = [];
    const ribbon = [];
    for (let time = grid.start; time <= grid.end; time += grid.step) {
      const at = Math.round(time);
      const measured = values.get(at) ?? null;
      rows.push([time * 1000, measured === null ? [null, null, null] : [lows.get(at) ?? measured, measured, highs.get(at) ?? measured]]);
      const score = scores.get(at);
      if (score >= unusual) ribbon.push([(time - grid.step) * 1000, time * 1000, Math.min(1, -Math.log10(Math.max(1 - score, 1e-6)) / 6)]);
    }
    if (!values.size) {
      end();
      return put(plot, empty(t('panel.empty'), t('panel.empty_why')));
    }
    tell(null);
    if (!(await chart.ready())) return put(plot, h('p.mute', t('panel.no_library')));
    const name = metric;
    const next = { labels: ['time', name], styles: [{ slot: 0, dash: null }], rows, ribbon, range: range.ends() };
    if (drawn) drawn.data(next);
    else drawn = chart.make(plot, { ...next, unit, band: true, free: true, onPoint: tell });
    plot.setAttribute('role', 'img');
    plot.setAttribute('aria-label', said.textContent);
  }

  function tell(point) {
    const [low, measured, high] = point ? point[1] : [row.low, row.value, row.high];
    put(said, h('code', selector), ' ', h('b', format(measured, unit)), h('span.mute', ' ' + t('anomalies.expected', { low: format(low, unit), high: format(high, unit) })),
      point ? h('span.mute', ' ' + clock(point[0])) : null);
  }

  function end() {
    drawn?.end();
    drawn = null;
  }
  return { element, update, end };
}
