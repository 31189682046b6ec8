// Suggestions for the PromQL field: metrics with their help, functions with what they do, labels and
// values of the metric at hand. Names come from the agent once a page; labels once a metric.

import { get } from './api.js';
import { has, t } from './lang.js';
import { aggregations, contextAt, functions } from './promql.js';

const shownMax = 12;
const durations = ['1m', '5m', '15m', '1h', '6h', '1d'];

let names = null;
const asked = new Map();

const once = (key, ask) => {
  if (!asked.has(key)) asked.set(key, ask().catch(() => { asked.delete(key); return []; }));
  return asked.get(key);
};

/** Names and metadata, asked when the field is first entered. */
export function prepare() {
  names ||= Promise.all([
    get('/api/v1/label/__name__/values').catch(() => { names = null; return []; }),
    get('/api/v1/metadata').catch(() => ({})),
  ]);
  return names;
}

const match = metric => (metric ? { 'match[]': `{__name__="${metric}"}` } : {});
const labelsOf = metric => once('l ' + metric, () => get('/api/v1/labels', match(metric)));
const valuesOf = (metric, label) => once(`v ${metric} ${label}`, () => get(`/api/v1/label/${encodeURIComponent(label)}/values`, match(metric)));

/** How well `word` answers `typed`: lower is better, null is not at all. */
export function score(word, typed) {
  if (!typed) return 2;
  const [a, b] = [word.toLowerCase(), typed.toLowerCase()];
  if (a === b) return -1;
  if (a.startsWith(b)) return 0;
  const at = a.indexOf(b);
  if (at > 0) return /[_:]/.test(a[at - 1]) ? 1 : 2;
  let from = 0;
  for (const letter of b) {
    from = a.indexOf(letter, from) + 1;
    if (!from) return null;
  }
  return 3;
}

function best(items, typed) {
  return items.map(item => ({ ...item, score: score(item.text, typed) })).filter(item => item.score !== null)
    .sort((a, b) => a.score - b.score || (a.order || 0) - (b.order || 0) || a.text.length - b.text.length || (a.text < b.text ? -1 : 1))
    .slice(0, shownMax);
}

/** Suggestions {text, insert, kind, hint} for the caret, and where the replaced part begins. */
export async function suggest(text, caret) {
  const context = contextAt(text, caret);
  const { want, from, typed } = context;
  let items = [];
  if (want === 'metric' && typed) {
    const [metrics, metadata] = await prepare();
    items = [
      ...metrics.map(name => ({ text: name, insert: name, kind: 'metric', hint: describe(metadata, name) })),
      ...functions.map(({ name, signature }) => ({ text: name, insert: name + '(', kind: 'function', order: 1, hint: signature + (has('fn.' + name) ? ' · ' + t('fn.' + name) : '') })),
      ...aggregations.map(name => ({ text: name, insert: name + '(', kind: 'function', order: 1, hint: has('fn.' + name) ? t('fn.' + name) : '' })),
    ];
  } else if (want === 'label') {
    items = (await labelsOf(context.metric)).filter(name => name !== '__name__').map(name => ({ text: name, insert: name, kind: 'label', hint: '' }));
  } else if (want === 'value' && context.label) {
    items = (await valuesOf(context.metric, context.label)).map(value => ({ text: value, insert: value, kind: 'value', hint: '' }));
  } else if (want === 'duration') {
    items = durations.map((value, order) => ({ text: value, insert: value, kind: 'duration', hint: '', order }));
  }
  return { from, items: best(items, typed).filter(item => item.insert !== typed || want === 'value') };
}

function describe(metadata, name) {
  const found = metadata[name] || metadata[name.replace(/_(bucket|sum|count|total)$/, '')] || metadata[name + '_total'];
  return found?.[0] ? `${found[0].type} · ${found[0].help}` : '';
}
