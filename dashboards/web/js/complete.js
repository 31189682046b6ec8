// Suggestions for the PromQL field: metrics with their help, functions with what they do, labels and
// values of the metric at hand. The agent reads the unfinished query and says what may stand at the
// caret. When it does not answer, what this page knows of the language and the names stands in.

import { get } from './api.js';
import { has, t } from './lang.js';
import { aggregations, contextAt, functions, indexOfByte } from './promql.js';

const shownMax = 12;
const askedMax = 100;   // more than are shown: the best by the rules below are among them
const quietMillis = 60; // a fast typist's keys within it ask once
const durations = ['1m', '5m', '15m', '1h', '6h', '1d'];

let names = null;
const asked = new Map();

const once = (key, ask) => {
  if (!asked.has(key)) asked.set(key, ask().catch(() => { asked.delete(key); return []; }));
  return asked.get(key);
};

/** Names and metadata, asked when they first have to stand in. */
function prepare() {
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

let asking = null;
let isServed = true; // false once an agent has said that it knows no such path

/** Suggestions {text, insert, kind, hint} for the caret, and where the replaced part begins. */
export async function suggest(text, caret) {
  asking?.abort();
  const mine = asking = new AbortController();
  if (isServed) {
    await new Promise(done => setTimeout(done, quietMillis));
    if (mine.signal.aborted) return nothing(caret);
    try {
      return await served(text, caret, mine.signal);
    } catch (error) {
      if (error.name === 'AbortError') return nothing(caret);
      if (error.status === 404) isServed = false;
    }
  }
  return local(text, caret);
}

const nothing = caret => ({ from: caret, items: [] });

/** What the agent suggests; it counts in UTF-8 bytes. */
async function served(text, caret, signal) {
  const cursor = new TextEncoder().encode(text.slice(0, caret)).length;
  const found = await get('/api/martlet/v1/complete', { query: text, cursor, limit: askedMax }, signal);
  const from = indexOfByte(text, found.from);
  const typed = text.slice(from, caret);
  const quote = text[from - 1];
  const items = found.items.filter(item => typed || !/^(metric|function|aggregation|keyword)$/.test(item.kind)).map(item => worded(item, quote));
  return { from, items: best(items, typed).filter(item => item.insert !== typed || item.kind === 'value') };
}

const orders = { metric: 0, function: 1, aggregation: 1, keyword: 2 };

function worded({ text, kind, detail, help }, quote) {
  const isCall = kind === 'function' || kind === 'aggregation';
  const said = isCall && has('fn.' + text) ? t('fn.' + text) : help;
  const hint = [isCall ? signature(detail, text) : detail, said].filter(Boolean).join(' · ');
  const order = kind === 'duration' ? durations.indexOf(text) : orders[kind] || 0;
  const insert = isCall ? text + '(' : kind === 'value' && quote !== '`' ? escaped(text, quote) : text;
  return { text, insert, kind: isCall ? 'function' : kind, order, hint };
}

/** `rate(range vector) instant vector` without the name beside which it stands. */
const signature = (detail, name) => (detail.startsWith(name) ? detail.slice(name.length) : detail).replace(') ', ') → ');

const escaped = (value, quote) => value.replaceAll('\\', '\\\\').replaceAll(quote || '"', '\\' + (quote || '"')).replaceAll('\n', '\\n');

async function local(text, caret) {
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
