// The gates of a release as a table: state in a word and a sign, what was found, who answers for it,
// and where to see it. What fails comes first, then what is unknown.

import { h } from './dom.js';
import { linked } from './figure.js';
import { has, t } from './lang.js';
import { pill } from './parts.js';
import { list, said } from './said.js';
import { table } from './table.js';

const order = ['fail', 'unknown', 'pass'];
const looks = { pass: 'ok', fail: 'bad', unknown: 'warn' };

/** Where the rows behind a gate are seen. */
const places = {
  build: '/delivery?kpi=build_success_rate', tests: '/delivery?kpi=test_pass_rate', coverage: '/delivery?kpi=line_coverage',
  reviews: '/delivery?kpi=unreviewed_merge_share', blockers: '/delivery?kpi=open_defect_age_days', incidents: '/delivery?kpi=incidents',
  alerts: '/alerts', backup: '/delivery', plan: '/delivery', shadow: '/rehearsals', drift: '/models',
};

export const gateName = gate => (has(`gate.${gate}.name`) ? t(`gate.${gate}.name`) : String(gate ?? '–'));

/** `service` narrows the figures that the evidence opens. */
export function gatesTable(gates, asked, service) {
  const place = gate => places[gate] + (service && places[gate].includes('?') ? '&service=' + encodeURIComponent(service) : '');
  return table([
    { title: t('decisions.state'), value: gate => order.indexOf(gate.state), cell: gate => state(gate) },
    { title: t('decisions.gate'), value: gate => (gate.must ? 0 : 1), cell: gate => h('span', { 'data-asked': gate.gate === asked ? '' : null }, h('b', gateName(gate.gate)), gate.must ? h('span.mute', ' ' + t('decisions.must')) : null) },
    { title: t('decisions.found'), text: gate => said(gate.evidence), cell: gate => [h('span', said(gate.evidence)), rows(gate)] },
    { title: t('decisions.owner'), text: gate => gate.owner || '', cell: gate => gate.owner || h('span.mute', t('decisions.nobody')) },
    { title: '', text: () => '', cell: gate => (places[gate.gate] ? h('a', { href: place(gate.gate), 'aria-label': `${gateName(gate.gate)}: ${t('decisions.evidence')}` }, t('decisions.evidence')) : '') },
  ], gates, { caption: t('decisions.gates'), order: [0, 'up'], kind: 'gates' });
}

function state(gate) {
  const word = has('gate.state.' + gate.state) ? t('gate.state.' + gate.state) : String(gate.state ?? '–');
  return pill(looks[gate.state] || 'empty', word);
}

/** Ids behind it, unless the sentence named them all already. */
function rows(gate) {
  if (gate.gate === 'plan') return null; // its rows are the steps that the sentence words
  const ids = list(gate.rows).map(String).filter(id => id && !said(gate.evidence).includes(id));
  return ids.length ? h('div.mute.gate-rows', ids.slice(0, 5).map((id, i) => [i ? ' ' : '', linked(id)])) : null;
}
