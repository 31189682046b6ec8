// One watched series with the band it was expected in and, along the upper edge, how unusual each
// moment was. The value is what the model judged: a counter's rise per second.

import { ranged } from './api.js';
import * as chart from './chart.js';
import { h, put } from './dom.js';
import { clock, format, guessUnit } from './format.js';
import { t } from './lang.js';
import { join, metricText } from './matrix.js';
import { empty, failure, skeleton } from './parts.js';
import * as range from './range.js';
import { banded, expectationOf, ribbonOf } from './unusual.js';

/** `row` is a series as `/anomalies` lists it. Gives {element, update, end}. */
export function expected(row) {
  const said = h('p.expected-said');
  const plot = h('div.plot');
  const element = h('div.expected', said, plot);
  let drawn = null;
  put(plot, skeleton(1));

  const metric = row.labels.__name__;
  const selector = metricText(row.labels);
  const value = row.isCounter ? `rate(${selector}[${Math.max(2 * row.interval, 60)}s])` : selector;
  const unit = guessUnit(metric) || 'number';

  async function update() {
    const grid = range.grid(element.clientWidth || 900, Math.max(15, row.interval));
    try {
      const [answer, band] = await Promise.all([ranged(value, grid.start, grid.end, grid.step), expectationOf(row.labels, grid)]);
      const { rows, series } = join([{ result: answer.data.result.slice(0, 1), legend: metric }], grid);
      if (!series.length) {
        end();
        put(plot, empty(t('panel.empty'), t('panel.empty_why')));
      } else await show(rows.map((one, place) => banded(one, place, [band])), ribbonOf([band], grid));
    } catch (error) {
      put(plot, failure(error, update));
    }
  }

  async function show(rows, ribbon) {
    tell(null);
    if (!(await chart.ready())) return put(plot, h('p.mute', t('panel.no_library')));
    const next = { labels: ['time', metric], styles: [{ slot: 0, dash: null }], rows, ribbon, band: true, range: range.ends() };
    if (drawn) drawn.data(next);
    else drawn = chart.make(plot, { ...next, unit, free: true, onPoint: tell });
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
