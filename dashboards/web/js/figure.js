// A figure opened: formula, likely range, yardstick with its limits, history, the rows behind it and
// the rows left out with their reasons. What is counted must be seen to be believed.

import { get } from './api.js';
import { h, put } from './dom.js';
import { dateTime, dayText, format } from './format.js';
import { has, t } from './lang.js';
import { amount, interval, known, limits, nameOf, sureness, why, yardstick } from './kpi.js';
import { failure, skeleton } from './parts.js';
import { field, list, millis, said } from './said.js';
import { sparkline } from './spark.js';
import { table } from './table.js';

const when = row => millis(field(row, 'at', 'time'));
const at = { title: null, value: when, cell: row => (when(row) ? h('time', { title: dateTime(when(row)) }, dayText(when(row))) : '–') };

/** Only pages and http links may be followed: ids come from anybody who sends events. */
export function linked(text) {
  const safe = /^(https?:\/\/|\/(?!\/))/.test(text);
  return safe ? h('a.mono', { href: text }, text) : h('span.mono', text);
}

export function openFigure(kpi, { points = [], weeks = 52, scope = {}, onClose }) {
  const rows = h('div', skeleton(4));
  const left = h('div');
  const name = nameOf(kpi.id);
  const stick = kpi.yardstick && typeof kpi.yardstick === 'object' ? kpi.yardstick : null;
  const line = sparkline(points, { height: 64, label: t('kpi.spark', { name, weeks, value: amount(kpi.value, kpi.unit) }) });
  const fact = (word, ...value) => [h('dt', word), h('dd', value)];
  const dialog = h('dialog.sheet.figure', {
    'aria-label': name, onclose: () => { dialog.remove(); onClose(); },
    onclick: event => { if (event.target === dialog) dialog.close(); },
  }, h('div.sheet-body',
    h('header', h('h2', name), h('button.quiet', { type: 'button', onclick: () => dialog.close() }, t('keys.close'))),
    h('p.figure-value', h('span.stat-value', amount(kpi.value, kpi.unit)),
      h('span.mute', known(kpi) ? t('kpi.n', { count: format(kpi.n ?? null, 'count') }) : why(kpi))),
    h('dl.line-fields',
      fact(t('kpi.formula'), said(kpi.formula) || said({ key: 'kpi.formula.' + kpi.id })),
      interval(kpi) ? fact(t('kpi.range'), `${interval(kpi)} (${sureness(kpi)})`, Number.isFinite(kpi.p85) ? [' · ', t('kpi.p85', { value: amount(kpi.p85, kpi.unit) })] : null) : null,
      stick ? fact(stick.source || stick.name || '', yardstick(kpi), limits(stick) ? [': ', limits(stick)] : null) : null),
    list(kpi.notes).map(note => h('p.mute', said(note))),
    line ? h('figure.figure-line', line, h('figcaption.mute', t('kpi.history', { weeks }))) : null,
    h('h3', t('kpi.rows')), rows, left));

  async function fill() {
    try {
      const data = (await get(`/api/martlet/v1/kpis/${encodeURIComponent(kpi.id)}/rows`, scope)) || {};
      const found = list(Array.isArray(data) ? data : data.rows);
      put(rows, found.length ? rowTable(found, kpi) : h('p.mute', t('kpi.no_rows')));
      put(left, leftOut([...list(data.excluded), ...list(data.open)], list(kpi.excluded)));
    } catch (error) {
      put(rows, failure(error, fill));
      put(left, leftOut([], list(kpi.excluded)));
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  fill();
  return dialog;
}

function rowTable(found, kpi) {
  const ratio = found.some(row => Number.isFinite(row.of) && row.of !== 1);
  return table([
    { title: t('kpi.row'), text: row => row.id || '', cell: row => [linked(String(row.id || '–')), list(row.links).filter(one => one !== row.id).map(one => h('div.mute', linked(String(one))))] },
    { ...at, title: t('kpi.at') },
    { title: t('table.value'), numeric: true, value: row => row.value ?? null, cell: row => (ratio || !/^(hours|minutes|days|points|lines)$/.test(kpi.unit) ? format(row.value) : amount(row.value, kpi.unit)) },
    ...(ratio ? [{ title: t('kpi.of'), numeric: true, value: row => row.of ?? null, cell: row => format(row.of) }] : []),
  ], found, { caption: t('kpi.rows'), order: [1, 'down'], rowsMax: 200 });
}

/** Single rows where the agent gives them, else how many for each reason. */
function leftOut(single, counted) {
  if (!single.length && !counted.length) return null;
  const head = h('h3', t('kpi.left_out'));
  if (single.length) {
    return [head, table([
      { title: t('kpi.row'), text: row => row.id || '', cell: row => linked(String(row.id || '–')) },
      { ...at, title: t('kpi.at') },
      { title: t('kpi.reason'), text: row => reason(row.reason) },
    ], single, { caption: t('kpi.left_out'), order: [2, 'up'], rowsMax: 200 })];
  }
  return [head, table([
    { title: t('kpi.reason'), text: row => reason(row.reason) },
    { title: t('kpi.count'), numeric: true, value: row => row.count ?? null, cell: row => format(row.count, 'count') },
  ], counted, { caption: t('kpi.left_out') })];
}

const reason = given => (typeof given === 'string' && has('kpi.excluded.' + given) ? t('kpi.excluded.' + given) : said(given) || '–');
