// Releases, newest first: how each turned out, and the record of its steps with what is missing. A
// release whose watch window is still open is neither good nor bad.

import { h } from './dom.js';
import { dateTime, dayText, unknown } from './format.js';
import { has, t } from './lang.js';
import { linked } from './figure.js';
import { openRelease } from './release.js';
import { lineageForm } from './lineage.js';
import { empty, pill } from './parts.js';
import { field, list, millis } from './said.js';
import { table } from './table.js';

const steps = ['backup', 'plan', 'requirement', 'review', 'branch', 'test', 'deploy', 'monitor', 'documents'];
const word = step => (has('step.' + step) ? t('step.' + step) : step);
const at = row => millis(field(row, 'released', 'time', 'at'));

function outcome(row) {
  if (row.succeeded === true) return ['ok', t('releases.good')];
  if (row.succeeded === false) return ['bad', t('releases.bad')];
  return ['empty', t(field(row, 'released') === null ? 'releases.planned' : 'releases.open')];
}

export function releasesOf(data, unitOf = () => '') {
  const rows = list(Array.isArray(data) ? data : field(data, 'releases', 'rows'));
  if (!rows.length) return h('div.card', empty(t('releases.none'), t('releases.none_why')));
  const odd = list(data?.unrecognised);
  return [h('div.card.flush', table([
    { title: t('releases.version'), value: row => at(row) ?? 0, cell: row => [h('button.link', { type: 'button', onclick: () => openRelease(row, unitOf) }, String(row.version || row.id || row.key || unknown)), place(row)] },
    { title: t('kpi.at'), value: row => at(row), cell: row => (at(row) ? h('time', { title: dateTime(at(row)) }, dayText(at(row))) : unknown) },
    { title: t('releases.outcome'), value: row => ['bad', 'empty', 'ok'].indexOf(outcome(row)[0]), cell: row => [pill(...outcome(row)), after(row)] },
    { title: t('releases.steps'), value: row => missing(row).length, cell: record },
  ], rows, { caption: t('delivery.release'), order: [0, 'down'], rowsMax: 12, kind: 'releases' })),
  odd.length ? h('p.mute.small', t('releases.unrecognised', { names: odd.slice(0, 8).join(', ') })) : null, lineageForm()];
}

function place(row) {
  const given = row.place || row;
  const where = given.service || given.repository;
  return where ? h('div.mute', where) : null;
}

function after(row) {
  const incidents = list(row.incidents);
  const hotfix = row.hotfix;
  const back = millis(field(row, 'rolled_back_at', 'rolledBackAt', 'rolled_back'));
  return h('div.release-after',
    incidents.length ? h('div', t('releases.incidents', { count: incidents.length }), ' ', incidents.slice(0, 3).map(one => [linked(String(one?.key ?? one)), ' '])) : null,
    back !== null ? h('div', t('releases.rolled_back'), ' ', h('time', { title: dateTime(back) }, dayText(back))) : null,
    hotfix ? h('div', t('releases.hotfix', { id: hotfix })) : null);
}

const missing = row => list(field(row, 'missing_steps', 'missingSteps', 'missing')).map(String);

/** Each step with a mark that is a sign, not only a colour; what is missing is said in words below. */
function record(row) {
  const gone = new Set(missing(row));
  if (steps.every(step => gone.has(step))) return h('span.mute', t('releases.no_record'));
  const told = row.told || {};
  const hint = step => (told[step] ? `${word(step)}: ${told[step]}` : word(step));
  return [
    h('ul.steps', { 'aria-hidden': 'true' }, steps.map(step => h('li', { 'data-done': gone.has(step) ? null : '', title: hint(step) }, gone.has(step) ? '○' : '✓'))),
    h('div.mute', gone.size ? t('releases.missing', { steps: steps.filter(step => gone.has(step)).map(word).join(', ') }) : t('releases.complete')),
  ];
}
