// Iterations: what was committed and completed, velocity with its spread, and the burn-up of the one
// that runs.

import { h, svg } from './dom.js';
import { dateTime, dayText, digits, format, unknown } from './format.js';
import { t } from './lang.js';
import { empty } from './parts.js';
import { field, list, millis } from './said.js';
import { share } from './spark.js';
import { table } from './table.js';

/** An amount of work comes as a number or as {amount, items, points}. */
const work = given => {
  const value = given && typeof given === 'object' ? given.amount ?? given.items : given;
  return Number.isFinite(value) ? value : null;
};
const shown = value => (value === null ? unknown : digits(value));
const startedAt = row => millis(field(row, 'started', 'started_at')) ?? 0;
const closedAt = row => millis(field(row, 'closed', 'closed_at'));

export function iterationsOf(data) {
  const rows = list(Array.isArray(data) ? data : field(data, 'iterations', 'reports'));
  if (!rows.length) return h('div.card', empty(t('iterations.none'), t('iterations.none_why')));
  const most = Math.max(1, ...rows.map(row => Math.max(work(row.committed) ?? 0, work(row.completed) ?? 0)));
  const running = rows.filter(row => !closedAt(row)).sort((a, b) => startedAt(b) - startedAt(a))[0];
  return [
    velocity(data?.velocity),
    running ? burnUp(running, list(field(running, 'burn_up', 'burnUp') ?? data?.burn_up)) : null,
    h('div.card.flush', table([
      { title: t('iterations.name'), value: startedAt, cell: row => h('b', String(row.name || row.id || unknown)) },
      { title: t('iterations.committed'), numeric: true, value: row => work(row.committed), cell: row => shown(work(row.committed)) },
      { title: t('iterations.completed'), numeric: true, value: row => work(row.completed), cell: row => h('span.share-cell', share((work(row.completed) ?? 0) / most), shown(work(row.completed))) },
      { title: t('kpi.name.completion_rate'), numeric: true, value: rate, cell: row => format(rate(row), 'ratio') },
      { title: t('iterations.added'), numeric: true, value: row => work(row.added), cell: row => shown(work(row.added)) },
      { title: t('iterations.removed'), numeric: true, value: row => work(row.removed), cell: row => shown(work(row.removed)) },
      { title: t('iterations.carried'), numeric: true, value: row => work(field(row, 'carried_over', 'carriedOver')), cell: row => shown(work(field(row, 'carried_over', 'carriedOver'))) },
      { title: t('iterations.closed'), numeric: true, value: row => closedAt(row) ?? Infinity, cell: row => (closedAt(row) ? h('time', { title: dateTime(closedAt(row)) }, dayText(closedAt(row))) : t('iterations.running')) },
    ], rows, { caption: t('iterations.title'), order: [0, 'down'], rowsMax: 24 })),
  ];
}

const rate = row => field(row, 'completion_rate', 'completionRate');

function velocity(given) {
  if (!given || !Number.isFinite(given.mean)) return null;
  return h('p', t('iterations.velocity', {
    mean: shown(given.mean), deviation: Number.isFinite(given.deviation) ? shown(given.deviation) : unknown,
    low: shown(given.low ?? null), high: shown(given.high ?? null), count: list(given.values).length || given.n || unknown,
  }));
}

/** Scope as a stepped line, done below it: a change of scope moves only the upper line. */
function burnUp(row, points) {
  const known = points.map(one => ({ time: millis(one.time), scope: Number(one.scope), done: Number(one.done) }))
    .filter(one => one.time !== null && Number.isFinite(one.scope) && Number.isFinite(one.done));
  if (known.length < 2) return null;
  const [width, height] = [600, 120];
  const planned = millis(field(row, 'planned_end', 'plannedEnd'));
  const [first, last] = [known[0].time, Math.max(planned ?? 0, known.at(-1).time)];
  const top = Math.max(1, ...known.map(one => Math.max(one.scope, one.done)));
  const x = time => (((time - first) / (last - first || 1)) * width).toFixed(1);
  const y = value => (height - 2 - (value / top) * (height - 6)).toFixed(1);
  const line = name => known.map((one, i) => (i ? `H${x(one.time)}V${y(one[name])}` : `M${x(one.time)} ${y(one[name])}`)).join('');
  const now = known.at(-1);
  const say = t('iterations.burn_up_say', { done: shown(now.done), scope: shown(now.scope) });
  return h('figure.card.burn-up', h('figcaption', h('h3', t('iterations.burn_up', { name: row.name || row.id || '' })), h('span.mute', say),
    h('span.burn-key', h('span.swatch', { style: '--swatch:var(--mute)' }), t('iterations.scope')), h('span.burn-key', h('span.swatch', { style: '--swatch:var(--c0)' }), t('iterations.done'))),
  svg('svg.spark', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', height, role: 'img', 'aria-label': say },
    svg('path.spark-area', { d: `${line('done')}V${height}H0Z` }), svg('path.burn-scope', { d: line('scope') }), svg('path.spark-line', { d: line('done') })),
  h('p.burn-ends.mute', h('span', dayText(first)), h('span', dayText(last))));
}
