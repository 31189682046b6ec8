// How well a model answers: one figure over time with the releases marked, all figures with their
// intervals in the reference, by labels and estimated, and the curves behind them.

import { curves } from './curves.js';
import { h, put, svg } from './dom.js';
import { dateTime, dayText, format, shortClock } from './format.js';
import { has, t } from './lang.js';
import { list, said } from './said.js';
import { table } from './table.js';

const order = ['accuracy', 'roc_auc', 'f1', 'f1_macro', 'mae', 'rmse'];
export const isShare = name => !['mae', 'rmse', 'mape', 'brier', 'r2'].includes(name);

let wished = null; // the figure over time that was chosen, kept while the page draws itself anew

export const amount = (name, value) => format(value, isShare(name) ? 'ratio' : 'number');
export const metricName = name => (has('models.metric.' + name) ? t('models.metric.' + name) : name);

/** A headline and what stands under it. */
export function section(title, note, ...content) {
  return [h('div.section-head', h('h2', title), note ? h('span.mute', note) : null), content];
}

export function quality(data) {
  const given = data.quality || {};
  const { labelled, estimated } = given;
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
  const drawn = order.filter(name => list(given.points).some(one => one.name === name));
  return section(t('models.quality'), data.labels ? t('models.labelled', { count: format(data.labels, 'count') }) : '',
    h('div.card', drawn.length ? overTime(data, drawn, name => find(given.reference, name)) : null,
      names.length ? table([
        { title: t('models.figure'), text: name => name, cell: metricName },
        { title: t('models.in_reference'), numeric: true, value: name => find(given.reference, name)?.value ?? null, cell: name => cell(given.reference, name) },
        { title: t('models.with_labels'), numeric: true, value: name => find(labelled, name)?.value ?? null, cell: name => cell(labelled, name) },
        { title: t('models.without_labels'), numeric: true, value: name => find(estimated, name)?.value ?? null, cell: name => cell(estimated, name) },
      ], names, { caption: t('models.quality'), kind: 'figures' }) : null, why),
    curves(given.shapes));
}

/** A figure over time, which one is chosen beside it. */
function overTime(data, names, reference) {
  const place = h('div');
  const draw = name => put(place, line(data, name, reference(name)));
  const chosen = names.includes(wished) ? wished : names[0];
  draw(chosen);
  return [names.length > 1 ? h('p.line-figure', h('select', { 'aria-label': t('models.figure'), onchange: event => { wished = event.target.value; draw(wished); } },
    names.map(name => h('option', { value: name, selected: name === chosen }, metricName(name))))) : null, place];
}

/** One figure over time: by labels a full line, estimated a dashed one with its band; the reference a level, releases upright. */
function line(data, name, reference) {
  const points = list(data.quality.points).filter(one => one.name === name);
  const times = points.map(one => one.time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const values = [...points.flatMap(one => [one.value, one.low ?? one.value, one.high ?? one.value]), ...(reference ? [reference.value] : [])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // Drawn at about its size on the screen, so that words in it are as large as others.
  const width = Math.max(280, Math.min(1180, innerWidth - (innerWidth > 860 ? 300 : 64)));
  const [height, left, top, foot] = [180, 48, 20, 20];
  const x = time => left + ((time - first) / (last - first || 1)) * (width - left - 6);
  const y = value => top + (1 - (value - low) / (high - low || 1)) * (height - top - foot);
  const path = some => some.map((one, i) => `${i ? 'L' : 'M'}${x(one.time).toFixed(1)} ${y(one.value).toFixed(1)}`).join('');
  const real = points.filter(one => !one.estimated);
  const guess = points.filter(one => one.estimated);
  const band = guess.length > 1 ? 'M' + [...guess.map(one => [one.time, one.high ?? one.value]), ...[...guess].reverse().map(one => [one.time, one.low ?? one.value])].map(([time, value]) => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('L') + 'Z' : '';
  const marks = list(data.releases).filter(one => one.time >= first && one.time <= last);
  const word = (text, at, up, anchor = 'start') => svg('text', { x: at, y: up, 'text-anchor': anchor }, text);
  const title = metricName(name);
  const day = time => `${dayText(time * 1000)} ${shortClock(time * 1000)}`;
  return h('figure.quality-line',
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': t('models.over_time', { figure: title, from: amount(name, points[0].value), to: amount(name, points.at(-1).value) }) },
      [high, (high + low) / 2, low].map(value => [svg('path.grid', { d: `M${left} ${y(value)}H${width}` }), word(amount(name, value), left - 6, y(value) + 4, 'end')]),
      band ? svg('path.band', { d: band }) : null,
      reference ? svg('path.level', { d: `M${left} ${y(reference.value)}H${width}` }, svg('title', {}, `${t('models.in_reference')}: ${amount(name, reference.value)}`)) : null,
      guess.length ? svg('path.guess', { d: path(guess) }) : null, real.length ? svg('path.real', { d: path(real) }) : null,
      points.map(one => svg(one.estimated ? 'circle.guess' : 'circle.real', { cx: x(one.time).toFixed(1), cy: y(one.value).toFixed(1), r: 2.5 }, svg('title', {}, `${dateTime(one.time * 1000)}: ${amount(name, one.value)} (${one.rows})`))),
      marks.map((one, i) => [svg('path.release', { d: `M${x(one.time).toFixed(1)} ${top}V${height - foot}` }),
        svg('path.flag', { d: `M${x(one.time).toFixed(1)} ${top}l-4 -7h8z` }, svg('title', {}, `${one.version} · ${dateTime(one.time * 1000)}`)),
        // Words of neighbours must not run into each other: those that have no room are told on hover.
        !i || x(one.time) - x(marks[i - 1].time) > 70 ? word(one.version, Math.min(x(one.time) + 7, width - 60), 11) : null]),
      word(day(first), left, height - 4), word(day(last), width - 6, height - 4, 'end')),
    h('figcaption.mute', h('span', title), real.length ? h('span.key-real', t('models.with_labels')) : null,
      guess.length ? h('span.key-guess', t('models.without_labels')) : null, reference ? h('span.key-level', t('models.in_reference')) : null,
      marks.length ? h('span.key-release', t('models.release_of', { service: data.service || data.model })) : null));
}
