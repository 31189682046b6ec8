// One model version: the verdict, what it was held against, column by column with tiny histograms of then
// and now; then what modules of their own draw: quality, segments, findings with the rows that tell of
// them, and what users say; speed and cost last.

import { h, put, svg } from '../dom.js';
import { ago, dateTime, format, shortClock } from '../format.js';
import { has, t } from '../lang.js';
import { notice, pill } from '../parts.js';
import { list, millis, said } from '../said.js';
import { table } from '../table.js';
import { quality, section } from '../quality.js';
import { segments } from '../segments.js';
import { findings } from '../telling.js';
import { voices } from '../voices.js';

/** Draws the page; `choose(version)` goes to another version. */
export function drawModel(place, data, choose) {
  const since = millis(data.first);
  const fields = Object.entries(data.fields || {}).filter(([, value]) => value);
  put(place,
    h('p.mute', h('a', { href: '/models' }, t('models.all'))),
    h('section.card.model-verdict', { 'data-state': data.state },
      h('header', h('h2', data.model), versions(data, choose), pill(data.state, t('state.' + data.state))),
      h('p.model-sentence', said(data.verdict)),
      h('p.mute', data.reference ? said(data.reference) : t('models.no_reference'),
        since ? [' ', t('models.since', { count: format(data.answers, 'count'), when: ago(since) })] : null),
      fields.length ? h('dl.line-fields', fields.map(([name, value]) => [h('dt', has('models.field.' + name) ? t('models.field.' + name) : name), h('dd', value)])) : null),
    issues(data), columns(data), quality(data), segments(data), findings(data), voices(data), speed(data));
}

function versions(data, choose) {
  const all = list(data.versions);
  if (all.length < 2) return h('span.mute', data.version);
  return h('select', { 'aria-label': t('models.version'), onchange: event => choose(event.target.value) },
    all.map(one => h('option', { value: one.version, selected: one.version === data.version }, one.version)));
}

function issues(data) {
  const all = list(data.issues);
  return all.length ? notice('warn', h('div', t('models.issues'), h('ul', all.map(one => h('li', said(one)))))) : null;
}

function columns(data) {
  const all = list(data.columns);
  if (!all.length) return null;
  const span = data.window ? t('models.window', { rows: format(data.window.rows, 'count'), from: shortClock(millis(data.window.from)), through: shortClock(millis(data.window.through)) }) : '';
  return section(t('models.columns'), span, h('div.card.flush', table([
    { title: t('models.column'), text: one => one.name, cell: one => [h('b', one.name), one.since ? h('div.mute', one.direction ? said(one.direction) : '') : null] },
    { title: t('models.then_now'), text: one => one.name, cell: one => histogram(one) },
    { title: t('models.state'), value: one => (one.since ? 1 : 0), cell: one => (one.since ? [pill('warn', t('models.drifted')), h('div.mute', h('time', { title: dateTime(millis(one.since)) }, ago(millis(one.since))))] : one.distance === undefined || one.distance === null ? h('span.mute', t('models.no_values')) : pill('ok', t('models.steady'))) },
    { title: t('models.effect'), hint: t('models.effect_hint'), numeric: true, value: one => one.effect ?? null, cell: one => format(one.effect === null || one.effect === undefined ? null : Number(one.effect.toPrecision(2))) },
    { title: t('models.evidence'), hint: t('models.evidence_hint'), numeric: true, value: one => one.evidence ?? null, cell: one => probability(one.evidence) },
    { title: t('models.missing'), numeric: true, value: one => one.missing ?? null, cell: one => format(one.missing, 'ratio') },
  ], all, { caption: t('models.columns'), order: [4, 'up'], rowsMax: 200, kind: 'columns' })));
}

const probability = p => (p === undefined || p === null ? '–' : p < 0.001 ? '< 0.001' : format(p));

/** Two rows of bars back to back: the reference in grey, now in colour. */
function histogram(one) {
  const shape = one.histogram;
  if (!shape) return '–';
  const [width, height] = [120, 36];
  const high = Math.max(0.01, ...shape.reference, ...shape.current);
  const wide = width / shape.bins.length;
  const bar = (kind, share, i) => svg('rect.' + kind, {
    x: (i * wide + (kind === 'then' ? 0 : wide / 2)).toFixed(1), width: Math.max(1, wide / 2 - 0.5).toFixed(1),
    y: (height - (share / high) * height).toFixed(1), height: ((share / high) * height).toFixed(1),
  });
  const label = i => (shape.numeric ? (i < shape.bins.length ? `≤ ${shape.bins[i]}` : `> ${shape.bins.at(-1)}`) : shape.bins[i]);
  const words = shape.current.map((share, i) => `${label(i)}: ${format(shape.reference[i], 'ratio')} → ${format(share, 'ratio')}`).join('\n');
  return svg('svg.tiny', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': t('models.histogram', { column: one.name }) },
    svg('title', {}, words), shape.reference.map((share, i) => bar('then', share, i)), shape.current.map((share, i) => bar('now', share, i)));
}

function speed(data) {
  const own = data.speed || {};
  const server = data.server?.kind ? data.server.signals : {};
  const facts = [
    ['models.latency_p50', own.latency?.['0.5'], 'seconds'], ['models.latency_p95', own.latency?.['0.95'] ?? server.latency_p95_seconds, 'seconds'],
    ['models.latency_p99', own.latency?.['0.99'], 'seconds'], ['models.ttft_p95', own.first_token?.['0.95'] ?? server.first_token_p95_seconds, 'seconds'],
    ['models.per_token', server.per_token_seconds, 'seconds'], ['models.tokens_in', own.tokens_in ?? null, 'number'], ['models.tokens_out_mean', own.tokens_out ?? null, 'number'],
    ['models.tokens_out', server.tokens_out_per_second, 'per_second'], ['models.cost', own.cost_per_thousand, 'number'],
    ['models.requests', server.requests_per_second, 'per_second'], ['models.queue', server.queue, 'count'], ['models.errors', server.errors_per_second, 'per_second'],
  ].filter(([, value]) => value !== null && value !== undefined);
  const note = data.server?.kind ? [`${data.server.title} · ${data.server.metrics} `, h('a', { href: '/servers?' + new URLSearchParams({ model: data.model }) }, t('nav.servers'))] : data.server ? data.server.fault : '';
  return section(t('models.speed'), note, h('div.card', facts.length
    ? h('dl.facts.wide', facts.map(([key, value, unit]) => h('div', h('dt', t(key)), h('dd', format(value, unit)))))
    : h('p.mute', t('models.no_speed'))));
}
