// What the watch over series expected, for charts: the band of each series and how unusual each moment
// was. Both are series that the agent writes back under the labels of the one they speak of, with its
// name in `metric`; they speak of its value, for a counter of its rise per second.

import { ranged } from './api.js';
import { number } from './format.js';

const unusual = 0.98; // the alarm level of a single series; what a team is told of is decided elsewhere
const kinds = { martlet_anomaly_low: 'low', martlet_anomaly_high: 'high', martlet_anomaly_surprise: 'surprise' };
const risesOnly = /_(total|count|sum)$/;
const simple = /^\s*(i?rate\s*\(\s*)?([a-zA-Z_:][\w:]*)\s*(?:\{([^{}]*)\})?\s*(\[[^\]]+\]\s*\))?\s*$/;

const quoted = text => JSON.stringify(text);
/** What tells the series of one metric apart. */
const key = labels => JSON.stringify(Object.entries(labels).filter(([name]) => name !== '__name__').sort());

/** The metric and the matchers of a query that draws what is judged; null for any other query. */
function judged(expr) {
  const [, rate, metric, matchers = '', window] = simple.exec(expr) || [];
  if (!metric || Boolean(rate) !== Boolean(window) || Boolean(rate) !== risesOnly.test(metric)) return null;
  return metric.startsWith('martlet_anomaly_') ? null : { metric, matchers };
}

/**
 * Finds for each series of a query, by its labels, {low, high, surprise}, each an array on the grid
 * with null where nothing was expected. No series has any when the query does more than select.
 */
export async function expectation(expr, grid, signal) {
  const asked = judged(expr);
  return asked ? bandsOf(asked.metric, asked.matchers.replace(/\bmetric(?=\s*[=!])/g, 'exported_metric'), grid, signal) : () => null;
}

/** The same for one series by its labels. */
export async function expectationOf(labels, grid) {
  const { __name__: metric, ...rest } = labels;
  const matchers = Object.entries(rest).map(([name, value]) => `${name === 'metric' ? 'exported_metric' : name}=${quoted(value)}`);
  return (await bandsOf(metric, matchers.join(','), grid))(labels);
}

async function bandsOf(metric, matchers, grid, signal) {
  const selector = `{__name__=~"martlet_anomaly_(low|high|surprise)",metric=${quoted(metric)}${matchers.trim() ? ',' + matchers : ''}}`;
  const answer = await ranged(selector, grid.start, grid.end, grid.step, signal).catch(() => null);
  const count = Math.floor((grid.end - grid.start) / grid.step) + 1;
  const found = new Map();
  for (const { metric: labels, values } of answer?.data.result || []) {
    const { __name__: name, metric: own, exported_metric: exported, ...rest } = labels;
    const place = key(exported === undefined ? rest : { ...rest, metric: exported });
    if (!found.has(place)) found.set(place, { low: [], high: [], surprise: [] });
    const line = (found.get(place)[kinds[name]] = new Array(count).fill(null));
    for (const [time, text] of values) line[Math.round((time - grid.start) / grid.step)] = number(text);
  }
  return labels => found.get(key(labels)) || null;
}

/** A row of a chart with bands: [low, value, high] for each value; a band of its own size where none is known. */
export const banded = (row, place, expected) => row.map((value, i) => {
  if (i === 0) return value;
  if (value === null) return [null, null, null];
  const [low, high] = [expected[i - 1]?.low[place] ?? value, expected[i - 1]?.high[place] ?? value];
  return [value >= 0 && low < 0 ? Math.min(0, high) : low, value, high];
});

/** The ribbon of a chart, [[from, to, strength], …] in ms: where the most surprising series is unusual. */
export function ribbonOf(expected, grid) {
  const ribbon = [];
  const lines = expected.filter(Boolean).map(one => one.surprise);
  const count = Math.max(0, ...lines.map(line => line.length));
  for (let place = 0; place < count; place++) {
    const most = Math.max(...lines.map(line => line[place] ?? 0));
    const end = (grid.start + place * grid.step) * 1000;
    if (most >= unusual) ribbon.push([end - grid.step * 1000, end, Math.min(1, -Math.log10(Math.max(1 - most, 1e-6)) / 6)]);
  }
  return ribbon;
}
