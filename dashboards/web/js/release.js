// A release opened: the figures before and after it, and everything it is linked with, from the model
// version to the commit, the data, the build, the deployment and the feedback.

import { h } from './dom.js';
import { ago, dayText, unknown } from './format.js';
import { amount, nameOf } from './kpi.js';
import { has, t } from './lang.js';
import { lineageInto } from './lineage.js';
import { pill } from './parts.js';
import { list, millis } from './said.js';
import { table } from './table.js';

const looks = { better: 'ok', worse: 'bad' };

/** `unitOf` gives the unit of a figure by its id. */
export function openRelease(row, unitOf) {
  const version = String(row.version || row.id || unknown);
  const trace = h('div');
  const dialog = h('dialog.sheet.figure', {
    'aria-label': version, onclose: () => dialog.remove(), onclick: event => { if (event.target === dialog) dialog.close(); },
  }, h('div.sheet-body',
    h('header', h('h2', version), h('button.quiet', { type: 'button', onclick: () => dialog.close() }, t('keys.close'))),
    watch(row, version, unitOf), h('h3', t('releases.trace', { version })), trace));
  document.body.append(dialog);
  dialog.showModal();
  lineageInto(trace, 'release', row.version || row.id);
}

function watch(row, version, unitOf) {
  const rows = watched(row.watch);
  if (!rows.length) return null;
  return [h('h3', t('releases.watch', { version })), row.watch.complete === false ? h('p.mute', t('releases.watch_running')) : null, watchTable(rows, version, unitOf)];
}

const watched = watch => list(watch?.rows).filter(one => one.before !== null || one.after !== null);
const verdictWord = one => (has('watch.' + one.verdict) ? t('watch.' + one.verdict) : String(one.verdict ?? unknown));

function watchTable(rows, version, unitOf) {
  return table([
    { title: t('table.metric'), text: one => nameOf(one.kpi) },
    { title: t('releases.before'), numeric: true, value: one => one.before, cell: one => amount(one.before, unitOf(one.kpi)) },
    { title: t('releases.after'), numeric: true, value: one => one.after, cell: one => amount(one.after, unitOf(one.kpi)) },
    { title: t('decisions.verdict'), text: verdictWord, cell: one => pill(looks[one.verdict] || 'empty', verdictWord(one)) },
  ], rows, { caption: t('releases.watch', { version }) });
}

/** The watches that run: each opened by itself when its release went out. */
export function watchesOf(data, unitOf) {
  const watches = list(data?.watches);
  if (!watches.length) return null;
  return watches.map(one => {
    const rows = watched(one);
    const place = one.service || one.repository;
    const [out, until] = [millis(one.released), millis(one.until)];
    return h('details.card.watch', { open: one.verdict === 'worse' || null },
      h('summary', h('b', one.version), place ? h('span.mute', ' · ' + place) : null, ' ', pill(looks[one.verdict] || 'empty', verdictWord(one)),
        h('span.mute', ' ', t('releases.watch_span', { out: out ? ago(out) : unknown, until: until ? dayText(until) : unknown })),
        list(one.overlapping).length ? h('span.mute', ' · ', t('releases.watch_overlap', { count: list(one.overlapping).length })) : null),
      rows.length ? watchTable(rows, one.version, unitOf) : h('p.mute', t('releases.watch_empty')));
  });
}
