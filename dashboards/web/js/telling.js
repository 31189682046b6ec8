// Findings of a model, each with the rows that tell most of it: fetched when they are opened (those of the
// newest finding at once), and kept over the page's redraws.

import { get } from './api.js';
import { h, put } from './dom.js';
import { ago, dateTime, format } from './format.js';
import { t } from './lang.js';
import { failure, pill, skeleton } from './parts.js';
import { section } from './quality.js';
import { list, millis, said } from './said.js';

const opened = new Map(); // by finding id: whether its rows are shown
const known = new Map(); // by finding id: the rows, as they came

export function findings(data) {
  const all = list(data.findings).sort((a, b) => (millis(b.start) ?? 0) - (millis(a.start) ?? 0));
  if (!all.length) return null;
  return section(t('models.findings'), '', all.map((one, i) => card(one, i === 0)));
}

function card(one, isNewest) {
  const rows = h('div.telling-rows');
  const isOpen = opened.get(one.id) ?? isNewest;
  if (isOpen) fill(rows, one);
  const when = h('time.mute', { title: dateTime(millis(one.start)) }, ago(millis(one.start)));
  const state = one.end ? h('span.mute', t('models.over'), ' ', h('time', { title: dateTime(millis(one.end)) }, ago(millis(one.end)))) : pill(one.severity === 'critical' ? 'bad' : 'warn', t('models.lasts'));
  return h('article.card.telling', h('header', h('h3', said(one.summary)), state, when),
    list(one.evidence).slice(0, 6).map(reason => h('p.mute', said(reason))),
    h('details', { open: isOpen, ontoggle: event => { opened.set(one.id, event.target.open); if (event.target.open) fill(rows, one); } },
      h('summary', t('models.telling')), rows));
}

async function fill(place, finding) {
  // A finding that lasts gets new rows; an old answer is shown until then.
  const old = known.get(finding.id);
  if (old) draw(place, old, finding);
  else put(place, skeleton(3));
  if (old && finding.end) return;
  try {
    const rows = await get('/api/martlet/v1/models/examples', { finding: finding.id });
    known.set(finding.id, list(rows));
    draw(place, list(rows), finding);
  } catch (error) {
    if (!old) put(place, failure(error, () => fill(place, finding)));
  }
}

function draw(place, rows, finding) {
  if (!rows.length) return put(place, h('p.mute', t('models.no_telling')));
  const columns = rows[0].cells.map(cell => cell.column);
  const kind = finding.id.split('/')[0];
  const hasLabel = rows.some(row => row.label !== undefined);
  const hasSegment = rows.some(row => row.segment);
  const hasId = rows.some(row => row.id);
  // A value that is twice as common now as then, or more, is told as such.
  const cell = ({ value, ratio }) => h('td', { 'data-odd': ratio >= 2 ? 'true' : null }, value === '' ? h('span.mute', t('models.missing')) : value,
    ratio >= 2 && kind !== 'quality' ? h('div.mute', ratio > 100 ? t('models.new_value') : t('models.times', { times: ratio.toFixed(1) })) : null);
  const head = [t('models.told_when'), ...columns, t('models.score.' + kind), hasLabel ? t('models.label') : null, hasSegment ? t('models.segment') : null, hasId ? t('models.told_id') : null].filter(one => one !== null);
  const score = value => (kind === 'quality' ? format(value) : kind === 'data' ? format(value, 'count') : '× ' + (value >= 1000 ? '> 1000' : value.toFixed(1)));
  put(place, h('p.mute', t('models.telling_note.' + kind)),
    h('div.table-wrap', { tabindex: 0, role: 'region', 'aria-label': t('models.telling') }, h('table', h('thead', h('tr', head.map(title => h('th', { scope: 'col' }, title)))),
      h('tbody', rows.map(row => [
        h('tr', h('td', h('time', { title: dateTime(millis(row.time)) }, ago(millis(row.time)))), row.cells.map(cell), h('td', score(row.score)),
          hasLabel ? h('td', row.label ?? '–') : null, hasSegment ? h('td', row.segment) : null, hasId ? h('td.mono', row.id) : null),
        row.prompt || row.answer ? h('tr', h('td.told', { colspan: head.length }, row.prompt ? h('p', h('b', t('models.prompt')), ' ', row.prompt) : null, row.answer ? h('p', h('b', t('models.answer')), ' ', row.answer) : null)) : null,
      ])))));
}
