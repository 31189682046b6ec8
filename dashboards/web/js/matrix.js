// From answers of query_range to what a chart takes: rows on the grid of the query, names for the
// series, colours by their labels. Where a series has no sample the row has null, never zero.

import { number } from './format.js';
import { assign } from './color.js';

/** `{mode="user"}`, or `up{job="node"}`: a metric as PromQL writes it. */
export function metricText(metric) {
  const labels = Object.entries(metric).filter(([name]) => name !== '__name__')
    .map(([name, value]) => `${labelName(name)}=${JSON.stringify(value)}`);
  const name = metric.__name__ || '';
  return labels.length ? `${name}{${labels.join(', ')}}` : name || '{}';
}

const labelName = name => (/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name));

/** Leaves of a metric only the labels that tell it from the others beside it. */
function telling(result) {
  if (result.length < 2) return metric => metric;
  const names = new Set(result.flatMap(one => Object.keys(one.metric)));
  const varied = new Set([...names].filter(name => new Set(result.map(one => one.metric[name])).size > 1));
  return metric => Object.fromEntries(Object.entries(metric).filter(([name]) => varied.has(name)));
}

/** Fills `{{label}}` of a legend template. */
export const legendText = (template, metric) =>
  template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (whole, name) => metric[name] ?? '');

/** What tells a series from others for its colour: all labels but the metric's name. */
function identity(metric, legend, alone) {
  const labels = Object.entries(metric).filter(([name]) => !/^(__name__|instance|job)$/.test(name));
  return labels.length ? JSON.stringify(labels.sort()) + (alone ? '' : legend) : legend || metric.__name__ || '';
}

/**
 * Joins the matrices of several queries: `answers` = [{result, legend}], grid = {start, end, step}
 * in seconds. Gives {series: [{name, metric, values}], rows, styles}; series that share a name get
 * a number, because a chart tells its series apart by name.
 */
export function join(answers, { start, end, step }) {
  const count = Math.floor((end - start) / step) + 1;
  const rows = Array.from({ length: count }, (_, i) => [(start + i * step) * 1000]);
  const series = [];
  const seen = new Map();
  for (const { result, legend, slot } of answers) {
    const short = legend ? null : telling(result);
    for (const one of result) {
      let name = legend ? legendText(legend, one.metric) : metricText(short(one.metric));
      const times = (seen.get(name) || 0) + 1;
      seen.set(name, times);
      if (times > 1) name += ` (${times})`;
      const values = new Array(count).fill(null);
      for (const [time, text] of one.values || []) {
        const row = Math.round((time - start) / step);
        const value = number(text);
        if (row >= 0 && row < count && Number.isFinite(value)) values[row] = value;
      }
      series.push({ name, metric: one.metric, expected: one.expected || null, values, slot, legend });
    }
  }
  const styles = assign(series.map(one => identity(one.metric, one.legend || '', answers.length === 1)));
  series.forEach((one, i) => {
    if (one.slot !== undefined) styles[i] = { slot: one.slot, dash: null };
    for (let row = 0; row < count; row++) rows[row].push(one.values[row]);
  });
  return { series, rows, styles };
}

/** Last, least, greatest and mean of what is known. */
export function summary(values) {
  let last = null;
  let min = null;
  let max = null;
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    last = value;
    if (min === null || value < min) min = value;
    if (max === null || value > max) max = value;
    sum += value;
    count += 1;
  }
  return { last, min, max, mean: count ? sum / count : null };
}
