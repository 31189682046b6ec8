// One decision as a card: the verdict as a sentence, what to do, at most five reasons with their number
// and where to see it, what is missing, what would change it, and the answer that a person gives.

import { bandOf, hitsOf } from './band.js';
import { h, put } from './dom.js';
import { ago, dateTime, format } from './format.js';
import { gatesTable } from './gates.js';
import { icon } from './icons.js';
import { has, t } from './lang.js';
import { command, pill } from './parts.js';
import { list, millis, said } from './said.js';
import { toast } from './toast.js';

const looks = { take: 'ok', go: 'ok', go_with_conditions: 'warn', no_go: 'bad', not_enough_data: 'empty', no_skill: 'empty',
  hold: 'warn', leave: 'ok', watch: 'ok', label_sample: 'warn', recalibrate: 'warn', retrain: 'bad', roll_back: 'bad' };
const reasonsMax = 5; // more are not read

export const question = one => (has(`decision.${one.name}.question`) ? t(`decision.${one.name}.question`) : String(one.name ?? '–'));

/** `gate` is the one that a link asked for; `answer(decision, body)` sends and shows the page again. */
export function decisionCard(one, { gate, answer, address }) {
  const [asked, expires] = [millis(one.asked_at), millis(one.expires_at)];
  const look = looks[one.verdict] || 'empty';
  const gates = list(one.gates);
  const sure = 'decisions.confidence.' + one.confidence;
  return h('article.card.decision', { 'data-state': look, 'data-name': one.name, 'data-id': one.id },
    h('header', h('h2', question(one), one.subject ? h('span.mute', ' · ' + one.subject) : null),
      h('span.mute', [has(sure) ? t(sure) : '', asked ? ago(asked) : ''].filter(Boolean).join(' · '))),
    h('p.verdict', { 'data-state': look }, h('span.dot', { 'aria-hidden': 'true' }), said(one.summary) || t('state.empty')),
    one.recommendation ? h('p.recommendation', said(one.recommendation)) : null,
    bandOf(one.band, one.chance),
    h('div.decision-parts',
      list(one.reasons).length ? h('section', h('h3', t('decisions.reasons')), h('ol.reasons', list(one.reasons).slice(0, reasonsMax).map(reason))) : null,
      h('div', list(one.missing).length ? h('section', h('h3', t('decisions.missing')), h('ul.missing', list(one.missing).map(gap => h('li', said(gap))))) : null,
        one.flip ? h('section', h('h3', t('decisions.flip')), h('p', said(one.flip))) : null,
        one.band ? h('section', h('h3', t('decisions.calibration')), hitsOf(one.band)) : null)),
    gates.length ? h('details.gates', { open: one.verdict !== 'go' || gate ? true : null }, h('summary', t('decisions.gates'), ' ', counts(gates)), gatesTable(gates, gate, one.subject)) : null,
    outcome(one), answers(one),
    form(one, answer),
    h('footer.mute', basis(one), expires ? h('span', { title: dateTime(expires) }, t(expires < Date.now() ? 'decisions.expired' : 'decisions.expires', { time: dateTime(expires) })) : null),
    one.name === 'go' ? h('details.pipeline', h('summary.mute', t('decisions.pipeline')),
      command(`curl --fail ${address}/api/martlet/v1/decisions/go-no-go${one.subject ? '?service=' + encodeURIComponent(one.subject) : ''}`)) : null);
}

const safe = link => typeof link === 'string' && /^(https?:\/\/|\/(?!\/))/.test(link);

function reason(given) {
  const link = given.link;
  return h('li', said(given.phrase), safe(link) ? [' ', h('a', { href: link, 'aria-label': `${said(given.phrase)}: ${t('decisions.evidence')}` }, t('decisions.evidence'))] : null);
}

function counts(gates) {
  const of = state => gates.filter(one => one.state === state).length;
  return h('span.mute', ['fail', 'unknown', 'pass'].filter(of).map(state => `${of(state)} ${t('gate.state.' + state)}`).join(' · '));
}

function outcome(one) {
  if (!one.outcome) return null;
  const came = one.outcome.came_true;
  return h('p', pill(came ? 'ok' : 'warn', t(came ? 'decisions.as_said' : 'decisions.not_as_said')), ' ', said(one.outcome.said) || t('decisions.turned_out', { value: format(one.outcome.value) }));
}

function answers(one) {
  const given = list(one.answers);
  return given.length ? h('ul.answers', given.map(answer => h('li', icon('decisions'), h('div',
    h('p', { title: dateTime(millis(answer.time) ?? 0) }, said(answered(answer)), answer.choice ? [': ', h('b', answer.choice)] : null),
    answer.reason ? h('p.mute', answer.reason) : null)))) : null;
}

const answered = answer => ({
  key: 'decisions.answered.' + (answer.kind === 'override' ? 'override' : 'accept'),
  args: { person: answer.person || t('decisions.somebody'), when: millis(answer.time) ? ago(millis(answer.time)) : '' },
});

/** Accept at once; deciding otherwise needs a reason, which is kept for good. */
function form(one, answer) {
  if (!one.id) return null;
  const reasonField = h('input', { type: 'text', required: true, placeholder: t('decisions.why'), 'aria-label': t('decisions.why') });
  const choiceField = h('input', { type: 'text', placeholder: t('decisions.instead'), 'aria-label': t('decisions.instead') });
  const problem = h('p.field-problem', { role: 'alert' });
  const place = h('div.answer');
  async function send(body) {
    try {
      await answer(one, body);
      toast(t('decisions.saved'));
    } catch (error) { put(problem, error.message); }
  }
  const more = h('form.override', { hidden: true, onsubmit: event => {
    event.preventDefault();
    if (!reasonField.value.trim()) return reasonField.focus();
    send({ kind: 'override', choice: choiceField.value.trim(), reason: reasonField.value.trim() });
  } }, choiceField, reasonField, h('button.primary', { type: 'submit' }, t('decisions.save')),
  h('button.quiet', { type: 'button', onclick: () => { more.hidden = true; delete place.dataset.open; } }, t('decisions.cancel')));
  put(place, h('div.answer-buttons',
    h(list(one.answers).length ? 'button.secondary' : 'button.primary', { type: 'button', onclick: () => send({ kind: 'accept', choice: '', reason: '' }) }, t('decisions.accept')),
    h('button.secondary', { type: 'button', onclick: () => { more.hidden = false; place.dataset.open = ''; choiceField.focus(); } }, t('decisions.override'))),
  more, problem);
  return place;
}

function basis(one) {
  const until = millis(one.snapshot?.data_until);
  if (until === null) return null;
  return h('span', { title: one.snapshot.events_digest || null }, t('decisions.basis', {
    count: format(one.snapshot.event_count ?? null, 'count'), time: dateTime(until), version: one.snapshot.rule_version ?? '–',
  }));
}
