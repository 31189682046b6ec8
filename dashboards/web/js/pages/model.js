// One model version: the verdict, what it was held against, column by column with tiny histograms of then
// and now, quality over time with the releases marked, speed and cost, segments, findings.

import { h, put, svg } from '../dom.js';
import { ago, dateTime, dayText, format, shortClock } from '../format.js';
import { has, t } from '../lang.js';
import { notice, pill } from '../parts.js';
import { list, millis, said } from '../said.js';
import { table } from '../table.js';

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
    issues(data), columns(data), quality(data), speed(data), segments(data), findings(data));
}

function versions(data, choose) {
  const all = list(data.versions);
  if (all.length < 2) return h('span.mute', data.version);
  return h('select', { 'aria-label': t('models.version'), onchange: event => choose(event.target.value) },
    all.map(one => h('option', { value: one.version, selected: one.version === data.version }, one.version)));
}

function issues(data) {
  const all = list(data.issues);
  return all.length ? notice('warn', h('span', t('models.issues')), h('ul', all.map(one => h('li', said(one))))) : null;
}

function section(title, note, ...content) {
  return [h('div.section-head', h('h2', title), note ? h('span.mute', note) : null), content];
}

function columns(data) {
  const all = list(data.columns);
  if (!all.length) return null;
  const span = data.window ? t('models.window', { rows: format(data.window.rows, 'count'), from: shortClock(millis(data.window.from)), through: shortClock(millis(data.window.through)) }) : '';
  return section(t('models.columns'), span, h('div.card.flush', table([
    { title: t('models.column'), text: one => one.name, cell: one => [h('b', one.name), one.since ? h('div.mute', one.direction ? said(one.direction) : '') : null] },
    { title: t('models.then_now'), text: one => one.name, cell: one => histogram(one) },
    { title: t('models.state'), value: one => (one.since ? 1 : 0), cell: one => (one.since ? [pill('warn', t('models.drifted')), h('div.mute', h('time', { title: dateTime(millis(one.since)) }, ago(millis(one.since))))] : one.distance === undefined || one.distance === null ? h('span.mute', t('models.no_values')) : pill('ok', t('models.steady'))) },
    { title: t('models.effect'), hint: t('models.effect_hint'), numeric: true, value: one => one.effect ?? null, cell: one => format(one.effect) },
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

const order = ['accuracy', 'roc_auc', 'f1', 'f1_macro', 'mae', 'rmse'];
const isShare = name => !['mae', 'rmse', 'mape', 'brier', 'r2'].includes(name);
const amount = (name, value) => format(value, isShare(name) ? 'ratio' : 'number');

function quality(data) {
  const given = data.quality || {};
  const labelled = given.labelled;
  const estimated = given.estimated;
  const names = [...new Set([...list(labelled?.figures), ...list(estimated?.figures)].map(one => one.name))];
  const find = (reading, name) => list(reading?.figures).find(one => one.name === name);
  const cell = (reading, name) => {
    const figure = find(reading, name);
    if (!figure) return '–';
    return [amount(name, figure.value), figure.low === null ? null : h('div.mute', `${amount(name, figure.low)} – ${amount(name, figure.high)}`)];
  };
  const why = [
    labelled?.remark && !labelled.figures.length ? h('p.mute', t('models.with_labels'), ': ', said(labelled.remark)) : null,
    estimated?.remark ? h('p.mute', t('models.without_labels'), ': ', said(estimated.remark)) : null,
    !labelled && !estimated ? h('p.mute', t('models.quality_waits')) : null,
  ];
  const first = order.find(name => list(given.points).some(one => one.name === name));
  return section(t('models.quality'), data.labels ? t('models.labelled', { count: format(data.labels, 'count') }) : '', h('div.card',
    first ? line(data, first) : null,
    names.length ? table([
      { title: t('models.figure'), text: name => name, cell: name => (has('models.metric.' + name) ? t('models.metric.' + name) : name) },
      { title: t('models.in_reference'), numeric: true, value: name => find(given.reference, name)?.value ?? null, cell: name => cell(given.reference, name) },
      { title: t('models.with_labels'), numeric: true, value: name => find(labelled, name)?.value ?? null, cell: name => cell(labelled, name) },
      { title: t('models.without_labels'), numeric: true, value: name => find(estimated, name)?.value ?? null, cell: name => cell(estimated, name) },
    ], names, { caption: t('models.quality') }) : null, why));
}

/** One figure over time: with labels a full line, estimated a dashed one with its band; releases on top. */
function line(data, name) {
  const points = list(data.quality.points).filter(one => one.name === name);
  const times = points.map(one => one.time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const values = points.flatMap(one => [one.value, one.low ?? one.value, one.high ?? one.value]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [width, height] = [640, 120];
  const x = time => 4 + ((time - first) / (last - first || 1)) * (width - 8);
  const y = value => 14 + (1 - (value - low) / (high - low || 1)) * (height - 20);
  const path = some => some.map((one, i) => `${i ? 'L' : 'M'}${x(one.time).toFixed(1)} ${y(one.value).toFixed(1)}`).join('');
  const real = points.filter(one => !one.estimated);
  const guess = points.filter(one => one.estimated);
  const band = guess.length > 1 ? 'M' + [...guess.map(one => [one.time, one.high ?? one.value]), ...[...guess].reverse().map(one => [one.time, one.low ?? one.value])].map(([time, value]) => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('L') + 'Z' : '';
  const marks = list(data.releases).filter(one => one.time >= first && one.time <= last);
  const title = has('models.metric.' + name) ? t('models.metric.' + name) : name;
  return h('figure.quality-line',
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': t('models.over_time', { figure: title, from: amount(name, points[0].value), to: amount(name, points.at(-1).value) }) },
      band ? svg('path.band', { d: band }) : null,
      guess.length ? svg('path.guess', { d: path(guess) }) : null, real.length ? svg('path.real', { d: path(real) }) : null,
      points.map(one => svg(one.estimated ? 'circle.guess' : 'circle.real', { cx: x(one.time), cy: y(one.value), r: 2.5 }, svg('title', {}, `${dateTime(one.time * 1000)}: ${amount(name, one.value)} (${one.rows})`))),
      marks.map(one => svg('path.release', { d: `M${x(one.time)} 2l5 8h-10z` }, svg('title', {}, `${one.version} · ${dateTime(one.time * 1000)}`)))),
    h('figcaption.mute', h('span', title, ` ${amount(name, low)} – ${amount(name, high)}`), h('span', `${dayText(first * 1000)} ${shortClock(first * 1000)} – ${dayText(last * 1000)} ${shortClock(last * 1000)}`),
      real.length ? h('span.key-real', t('models.with_labels')) : null, guess.length ? h('span.key-guess', t('models.without_labels')) : null, marks.length ? h('span', '▲ ', t('models.release')) : null));
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
  const note = data.server?.kind ? `${data.server.title} · ${data.server.metrics}` : data.server ? data.server.fault : '';
  return section(t('models.speed'), note, h('div.card', facts.length
    ? h('dl.facts.wide', facts.map(([key, value, unit]) => h('div', h('dt', t(key)), h('dd', format(value, unit)))))
    : h('p.mute', t('models.no_speed'))));
}

function segments(data) {
  const all = list(data.segments);
  if (!all.length) return null;
  return section(t('models.segments'), '', h('div.card.flush', table([
    { title: t('models.segment'), text: one => one.segment },
    { title: t('models.state'), text: one => one.drifted.join(', '), cell: one => (one.drifted.length ? [pill('warn', t('models.drifted')), h('div.mute', one.drifted.join(', '))] : one.looks ? pill('ok', t('models.steady')) : h('span.mute', t('models.no_look'))) },
    { title: t('models.looks'), numeric: true, value: one => one.looks, text: one => String(one.looks) },
    { title: t('models.in_reference'), numeric: true, value: one => one.reference_rows, cell: one => format(one.reference_rows, 'count') },
  ], all, { caption: t('models.segments') })));
}

function findings(data) {
  const all = list(data.findings);
  if (!all.length) return null;
  return section(t('models.findings'), '', h('div.card.flush', table([
    { title: t('models.found'), value: one => millis(one.start) ?? 0, cell: one => h('time', { title: dateTime(millis(one.start)) }, ago(millis(one.start))) },
    { title: t('models.verdict'), text: one => said(one.summary), cell: one => [said(one.summary), list(one.evidence).slice(0, 4).map(reason => h('div.mute', said(reason)))] },
    { title: t('models.ended'), value: one => millis(one.end) ?? 0, cell: one => (one.end ? h('time', { title: dateTime(millis(one.end)) }, ago(millis(one.end))) : pill('warn', t('models.lasts'))) },
  ], all, { caption: t('models.findings'), order: [0, 'down'] })));
}
