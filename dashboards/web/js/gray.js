// A gray release: the stage that traffic is in with its verdict, the figures it rests on, the stages
// before, and the word of a person who lets a failure pass.

import { h, put } from './dom.js';
import { ago, dateTime, format } from './format.js';
import { intervalOf } from './interval.js';
import { t } from './lang.js';
import { notice, pill } from './parts.js';
import { figureOf, lookOf, metricCell, overriding, word } from './rehearsal.js';
import { list, millis, said } from './said.js';
import { table } from './table.js';

const percent = share => format(share, 'ratio');

/** `ask(body)` sends an override and shows the page again; `isWhole` shows the figures as well. */
export function grayCard(one, ask, isWhole) {
  const stages = list(one.stages);
  const stage = stages.at(-1);
  if (!stage) return null;
  const needs = stage.verdict === 'hold' || stage.verdict === 'not_enough_data';
  return h('article.card.rehearsal', { 'data-state': lookOf(stage), 'data-release': one.name },
    h('header', h('h2', h('a', { href: '/rehearsals?release=' + encodeURIComponent(one.name) }, one.name)),
      h('span.mute', t('gray.at', { version: one.version, share: percent(stage.share) }), stage.last ? ' · ' + t('rehearsals.seen', { from: dateTime(millis(stage.start)), through: dateTime(millis(stage.last)) }) : '')),
    h('p.verdict', { 'data-state': lookOf(stage) }, h('span.dot', { 'aria-hidden': 'true' }), t('rehearsals.verdict.' + stage.verdict),
      h('span.mute', ` · ${t('gray.requests')} ${format(stage.canary_requests, 'count')}`,
        needs ? ' · ' + (stage.pairs_needed === null ? t('rehearsals.unknown') : t('gray.needed', { count: format(stage.pairs_needed, 'count') })) : null)),
    stage.late ? notice('warn', h('span', t('gray.late', { count: format(stage.late, 'count') }))) : null,
    list(stage.reasons).length ? h('section', h('h3', t('rehearsals.why')), h('ol.reasons', stage.reasons.map(reason => h('li', said(reason))))) : null,
    list(stage.overrides).map(given => h('p.mute', t('rehearsals.overridden', { person: given.person || '–', ago: ago(millis(given.time)), reason: given.reason }))),
    one.failed ? passing(ask) : null,
    isWhole ? measured(stage) : null, past(one, stages));
}

function measured(stage) {
  if (!list(stage.metrics).length) return null;
  return h('section', h('h3', t('rehearsals.measured')), h('p.mute', t('rehearsals.interval.hint')), h('div.flush', table([
    { title: t('rehearsals.metric'), text: one => word('rehearsals.metric.', one.metric), cell: metricCell },
    { title: t('rehearsals.verdict'), text: one => one.verdict, cell: one => pill(lookOf(one), t('rehearsals.verdict.' + one.verdict)) },
    { title: t('gray.baseline'), numeric: true, value: one => one.primary, cell: one => figureOf(one, one.primary) },
    { title: t('gray.canary'), numeric: true, value: one => one.candidate, cell: one => figureOf(one, one.candidate) },
    { title: t('rehearsals.gain'), numeric: true, value: one => one.gain, cell: one => one.gain_text },
    { title: t('rehearsals.interval'), value: one => one.low, cell: intervalOf },
  ], stage.metrics, { caption: t('rehearsals.measured') })));
}

function past(one, stages) {
  return h('div.flush', table([
    { title: t('gray.stage'), numeric: true, value: row => row.number, cell: row => String(row.number) },
    { title: t('gray.share'), numeric: true, value: row => row.share, cell: row => percent(row.share) },
    { title: t('rehearsals.verdict'), text: row => row.verdict, cell: row => pill(lookOf(row), t('rehearsals.verdict.' + row.verdict)) },
    { title: t('gray.windows'), numeric: true, value: row => row.windows, cell: row => format(row.windows, 'count') },
    { title: t('gray.requests'), numeric: true, value: row => row.canary_requests, cell: row => format(row.canary_requests, 'count') },
    { title: t('gray.started'), value: row => row.start, cell: row => dateTime(millis(row.start)) },
  ], stages.map((stage, i) => ({ ...stage, number: i + 1 })), { caption: one.name }));
}

function passing(ask) {
  const { button, form, problem } = overriding((_, body) => ask(body));
  return h('div.answer', h('div.answer-buttons', button), form, problem);
}
