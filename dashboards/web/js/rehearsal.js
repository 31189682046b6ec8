// One candidate of a rehearsal: the verdict line, every metric with its running interval and margin,
// slices, fields that differ, the worst pairs side by side, what was not copied and why, the cost, and
// what a person may do: let a failure pass with a reason, stop the copying.

import { h, put } from './dom.js';
import { ago, dateTime, format } from './format.js';
import { intervalOf } from './interval.js';
import { has, t } from './lang.js';
import { notice, pill } from './parts.js';
import { list, millis, said } from './said.js';
import { table } from './table.js';
import { toast } from './toast.js';

const looks = { promote: 'ok', hold: 'warn', reject: 'bad', not_enough_data: 'empty' };
export const lookOf = row => looks[row.verdict] || 'empty';
const times = ['latency', 'ttft', 'tpot', 'stall'];

/** What is measured; only what does not decide says so. */
export const metricCell = one => h('span.nowrap', word('rehearsals.metric.', one.metric), one.gate ? null : h('span.mute', ' · ' + t('rehearsals.watch')));
/** A side's figure in the unit of its metric. */
export const figureOf = (one, value) => format(value, times.includes(one.metric) ? 'seconds' : one.scale === 'difference' && one.metric !== 'deviation' ? 'ratio' : 'number');

export const word = (prefix, key) => (has(prefix + key) ? t(prefix + key) : String(key));

/** `ask(action, candidate, body)` sends what a person decided and shows the page again. */
export function candidateCard(one, row, ask) {
  const [from, through] = [millis(row.from), millis(row.through)];
  return h('article.card.rehearsal', { 'data-state': lookOf(row), 'data-candidate': row.name },
    h('header', h('h2', row.name), from ? h('span.mute', t('rehearsals.seen', { from: dateTime(from), through: dateTime(through) })) : null),
    h('p.verdict', { 'data-state': lookOf(row) }, h('span.dot', { 'aria-hidden': 'true' }), t('rehearsals.verdict.' + row.verdict),
      h('span.mute', ` · ${t('rehearsals.pairs')} ${format(row.pairs, 'count')}`, row.verdict === 'hold' || row.verdict === 'not_enough_data'
        ? ' · ' + (row.pairs_needed === null ? t('rehearsals.unknown') : t('rehearsals.more', { count: format(row.pairs_needed, 'count') })) : null)),
    row.spent_of ? notice('warn', h('span', t('rehearsals.spent_of', { limit: t('rehearsals.limit.' + row.spent_of) }))) : null,
    row.stopped ? notice('warn', h('span', t('rehearsals.stopped'))) : null,
    list(row.reasons).length ? h('section', h('h3', t('rehearsals.why')), h('ol.reasons', row.reasons.map(reason => h('li', said(reason))))) : null,
    list(row.overrides).map(given => h('p.mute', t('rehearsals.overridden', { person: given.person || '–', ago: ago(millis(given.time)), reason: given.reason }))),
    decide(row, ask),
    measured(row), paths(row), worst(row), skipped(one, row), spent(row));
}

function measured(row) {
  if (!list(row.metrics).length) return null;
  return h('section', h('h3', t('rehearsals.measured')), h('p.mute', t('rehearsals.interval.hint')), h('div.flush', table([
    { title: t('rehearsals.metric'), text: one => word('rehearsals.metric.', one.metric), cell: metricCell },
    { title: t('rehearsals.slice'), text: one => one.slice || '', cell: one => one.slice || h('span.mute', '–') },
    { title: t('rehearsals.verdict'), text: one => one.verdict, cell: one => pill(looks[one.verdict] || 'empty', t('rehearsals.verdict.' + one.verdict)) },
    { title: t('rehearsals.pairs'), numeric: true, value: one => one.pairs, cell: one => format(one.pairs, 'count') },
    { title: t('rehearsals.primary'), numeric: true, value: one => one.primary, cell: one => figureOf(one, one.primary) },
    { title: t('rehearsals.candidate'), numeric: true, value: one => one.candidate, cell: one => figureOf(one, one.candidate) },
    { title: t('rehearsals.gain'), numeric: true, value: one => one.gain, cell: one => one.gain_text },
    { title: t('rehearsals.interval'), value: one => one.low, cell: intervalOf },
  ], row.metrics, { caption: t('rehearsals.measured'), rowsMax: 60 })));
}

function paths(row) {
  if (!list(row.paths).length) return null;
  const share = (part, whole) => (whole ? format(part / whole, 'ratio') : '–');
  return h('section', h('h3', t('rehearsals.paths')), h('div.flush', table([
    { title: t('rehearsals.path'), text: one => one.path, cell: one => h('code', one.path) },
    { title: t('rehearsals.verdict'), text: one => one.state, cell: one => pill({ broken: 'bad', differs: 'warn', noise: 'empty' }[one.state] || 'empty', t('rehearsals.path.' + one.state)) },
    { title: t('rehearsals.differs'), numeric: true, value: one => one.differs / one.pairs, cell: one => share(one.differs, one.pairs) },
    { title: t('rehearsals.noise'), numeric: true, value: one => one.second_differs / one.second_pairs, cell: one => share(one.second_differs, one.second_pairs) },
  ], row.paths, { caption: t('rehearsals.paths'), rowsMax: 20 })));
}

function worst(row) {
  const pairs = list(row.worst);
  if (!pairs.length) return row.pairs ? h('p.mute', t('rehearsals.worst.none')) : null;
  return h('section', h('h3', t('rehearsals.worst')), pairs.slice(0, 5).map((pair, i) => h('details.pair', { open: i === 0 ? true : null },
    h('summary', h('code', pair.id), h('span.mute', ' · ', dateTime(millis(pair.time)),
      list(pair.figures?.slices).map(([field, value]) => ` · ${field}=${value}`))),
    pair.texts ? [h('h4', t('rehearsals.request')), h('pre.text', pair.texts.request.body),
      h('div.two', side(t('rehearsals.primary'), pair.texts.primary), side(row.name, pair.texts.candidate))]
      : h('p.mute', t('rehearsals.texts.none')))));
}

const side = (name, answer) => h('div', h('h4', name, h('span.mute', [answer.status, word('rehearsals.ending.', answer.ending), format(answer.seconds, 'seconds')].map(part => ' · ' + part))),
  h('pre.text', answer.body));

function skipped(one, row) {
  const reasons = Object.entries(row.skipped || {});
  if (!reasons.length) return null;
  const all = reasons.reduce((sum, [, count]) => sum + count, 0) + row.pairs;
  return h('section', h('h3', t('rehearsals.skipped')), h('div.flush', table([
    { title: t('rehearsals.reason'), text: ([reason]) => word('rehearsals.skip.', reason) },
    { title: t('rehearsals.count'), numeric: true, value: ([, count]) => count, cell: ([, count]) => format(count, 'count') },
    { title: t('rehearsals.share'), numeric: true, value: ([, count]) => count, cell: ([, count]) => format(count / all, 'ratio') },
  ], reasons, { caption: t('rehearsals.skipped'), order: [1, 'down'] })));
}

function spent(row) {
  const of = limit => (limit === null || limit === undefined ? '' : ' ' + t('rehearsals.of', { limit: format(limit) }));
  return h('section', h('h3', t('rehearsals.cost')), h('p', [
    t('rehearsals.copies', { count: format(row.copies, 'count') }) + of(row.budget?.requests),
    t('rehearsals.tokens', { count: format(row.spent.tokens, 'count') }) + of(row.budget?.tokens),
    row.spent.money ? format(row.spent.money) + of(row.budget?.money) : null,
  ].filter(Boolean).join(' · ')));
}

/** The form in which a person lets a failure pass, opened by its button; `send(body)` may refuse. */
export function overriding(send) {
  const problem = h('p.field-problem');
  const reason = h('textarea', { rows: 2, 'aria-label': t('rehearsals.override.reason'), placeholder: t('rehearsals.override.reason') });
  const person = h('input', { type: 'text', 'aria-label': t('rehearsals.override.person'), placeholder: t('rehearsals.override.person') });
  const attempt = async (...what) => {
    try {
      await send(...what);
      toast(t('rehearsals.done'));
    } catch (error) { put(problem, error.message); }
  };
  const form = h('form.override', { hidden: true, onsubmit: event => {
    event.preventDefault();
    if (!reason.value.trim()) return reason.focus();
    attempt('override', { reason: reason.value.trim(), person: person.value.trim() });
  } }, reason, person, h('button.primary', { type: 'submit' }, t('rehearsals.override.send')));
  const button = h('button.secondary', { type: 'button', onclick: () => { form.hidden = false; form.parentNode.dataset.open = ''; reason.focus(); } }, t('rehearsals.override'));
  return { button, form, problem, attempt };
}

function decide(row, ask) {
  const { button, form, problem, attempt } = overriding((action, body) => ask(action, row.name, body));
  return h('div.answer', h('div.answer-buttons',
    row.failure ? button : null,
    h('button.secondary', { type: 'button', onclick: () => attempt(row.stopped ? 'resume' : 'stop') }, t(row.stopped ? 'rehearsals.resume' : 'rehearsals.stop'))),
  form, problem);
}
