// Where work waits: stages with their limits, items by stage and day, what grows old, and open work by
// pseudonym in the order of names: load is shown to balance work, never as a ranking.

import { h, svg } from './dom.js';
import { dayText, digits, duration, format, unknown } from './format.js';
import { t } from './lang.js';
import { pill } from './parts.js';
import { field, list, millis } from './said.js';
import { share } from './spark.js';
import { table } from './table.js';

const number = value => (Number.isFinite(value) ? digits(value) : unknown);
const limitOf = row => field(row, 'limit', 'count_max');
const over = row => row.breached === true || (Number.isFinite(limitOf(row)) && row.count > limitOf(row));
const timeShare = row => field(row, 'time_share', 'timeShare');

export function flowOf(data) {
  const stages = list(data?.stages);
  const ageing = list(data?.ageing);
  const load = list(field(data, 'workloads', 'workload')).map(row => ({ ...row, name: String(field(row, 'who', 'pseudonym') ?? unknown) }));
  const parts = [
    stages.length ? h('div.card.flush', stageTable(stages, data?.bottleneck)) : null,
    ageing.length ? h('div.card.flush', ageingTable(ageing)) : null,
    cumulative(list(data?.cumulative), stages.map(row => row.stage)),
    load.length ? h('div.card.flush', loadTable(load)) : null,
  ].filter(Boolean);
  return parts.length ? h('div.two', parts) : null;
}

function stageTable(stages, bottleneck) {
  return table([
    { title: t('flow.stage'), text: row => String(row.stage ?? unknown), cell: row => [String(row.stage ?? unknown), over(row) ? h('div', pill('warn', t('flow.over'))) : null, bottleneck && row.stage === bottleneck ? h('div.mute', t('flow.bottleneck')) : null] },
    { title: t('flow.items'), numeric: true, value: row => row.count ?? null, cell: row => format(row.count, 'count') },
    { title: t('flow.limit'), numeric: true, value: limitOf, cell: row => format(limitOf(row), 'count') },
    { title: t('flow.time_share'), numeric: true, value: timeShare, cell: row => h('span.share-cell', share(timeShare(row)), format(timeShare(row), 'ratio')) },
  ], stages, { caption: t('flow.title') });
}

function ageingTable(items) {
  const seconds = row => field(row, 'age_seconds') ?? (Number.isFinite(row.age_millis) ? row.age_millis / 1000 : null);
  const word = { 85: 'flow.over_85', 50: 'flow.over_50' };
  return table([
    { title: t('flow.ageing'), text: row => String(row.id ?? row.key ?? unknown), cell: row => h('span.mono', String(row.id ?? row.key ?? unknown)) },
    { title: t('flow.stage'), text: row => String(row.stage ?? unknown) },
    { title: t('flow.age'), numeric: true, value: seconds, cell: row => [duration(Math.round(seconds(row) ?? NaN)), word[row.over] ? h('div', pill(row.over >= 85 ? 'warn' : 'empty', t(word[row.over]))) : null] },
  ], items, { caption: t('flow.ageing'), order: [2, 'down'], rowsMax: 12 });
}

function loadTable(load) {
  return table([
    { title: t('flow.person'), text: row => row.name },
    { title: t('flow.items'), value: row => row.name, cell: row => format(field(row, 'items', 'open_items'), 'count') },
    { title: t('flow.points'), value: row => row.name, cell: row => number(field(row, 'points', 'open_points')) },
    { title: t('flow.reviews'), value: row => row.name, cell: row => format(field(row, 'reviews', 'open_reviews'), 'count') },
  ], load, { caption: t('flow.load'), order: [0, 'up'] });
}

/** Items by stage and day, stacked: parts of a whole, what is done at the bottom. */
function cumulative(days, order) {
  const known = days.map(day => ({ time: millis(field(day, 'day', 'time')), counts: day.counts || {} })).filter(day => day.time !== null);
  if (known.length < 2 || !known.some(day => Object.values(day.counts).some(count => count > 0))) return null;
  const seen = [...new Set(known.flatMap(day => Object.keys(day.counts)))];
  // The agent's stages are those where work is under way; of the others, done holds the most.
  const final = known.at(-1).counts;
  const [done, ...waiting] = seen.filter(name => !order.includes(name)).sort((a, b) => (final[b] || 0) - (final[a] || 0));
  const names = [done, ...order.filter(name => seen.includes(name)).reverse(), ...waiting].filter(name => name !== undefined);
  const total = day => names.reduce((sum, name) => sum + (Number(day.counts[name]) || 0), 0);
  const top = Math.max(1, ...known.map(total));
  const [width, height] = [600, 160];
  const [first, last] = [known[0].time, known.at(-1).time];
  const x = time => (((time - first) / (last - first || 1)) * width).toFixed(1);
  const y = value => (height - (value / top) * (height - 4)).toFixed(1);
  let below = known.map(() => 0);
  const areas = names.map((name, i) => {
    const above = known.map((day, j) => below[j] + (Number(day.counts[name]) || 0));
    const path = `M${known.map((day, j) => `${x(day.time)} ${y(above[j])}`).join('L')}L${known.map((day, j) => `${x(day.time)} ${y(below[j])}`).reverse().join('L')}Z`;
    below = above;
    return svg('path', { d: path, style: `fill:var(--c${i % 8});opacity:.5` }, svg('title', {}, name));
  });
  return h('figure.card.burn-up', h('figcaption', h('h3', t('flow.cumulative')), names.map((name, i) => h('span.burn-key', h('span.swatch', { style: `--swatch:var(--c${i % 8})` }), name, h('b', format(final[name] ?? 0, 'count'))))),
    svg('svg.spark', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', height, role: 'img', 'aria-label': names.map(name => `${name} ${final[name] ?? 0}`).join(', ') }, areas),
    h('p.burn-ends.mute', h('span', dayText(first)), h('span', dayText(last))));
}
