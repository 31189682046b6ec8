// Alerts: what fires, first and with what to do; then what is about to; then every rule with its
// health. One answer of /api/v1/rules holds all of it.

import { rules } from '../api.js';
import { h, put, later } from '../dom.js';
import { ago, dateTime, duration, format, number } from '../format.js';
import { annotation, t } from '../lang.js';
import { command, empty, exploreLink, failure, notice, pill, prose, skeleton } from '../parts.js';
import { silences } from '../silences.js';
import { told } from '../told.js';
import { trace } from '../trace.js';
import { table } from '../table.js';

const severities = ['critical', 'error', 'warning', 'info'];
const rank = alert => {
  const place = severities.indexOf(alert.labels.severity);
  return place < 0 ? severities.length : place;
};

export function open(place, context) {
  const nobody = h('div');
  const trouble = h('div');
  const firing = h('section', { 'aria-label': t('alerts.firing') }, skeleton(4));
  const pending = h('section', { 'aria-label': t('alerts.pending') });
  const filter = h('input.filter', { type: 'search', 'data-search': '', placeholder: t('alerts.filter'), 'aria-label': t('alerts.filter') });
  const ruleList = h('div');
  const ruleSection = h('section', h('div.section-head', h('h2', t('alerts.rules')), filter), ruleList);
  const quiet = h('section', { 'aria-label': t('silences.title') });
  const past = h('section', { 'aria-label': t('told.title') });
  put(place, nobody, trouble, firing, pending, quiet, ruleSection, past);
  const held = silences(quiet, () => update());
  const memory = told(past);
  const opened = new Set(); // alerts whose details are open survive a refresh
  let groups = null;

  context.onHome(home => put(nobody, home.receivers === 0
    ? notice('warn', h('span', t('alerts.nobody')), command('martlet run --webhook URL')) : null));

  async function update() {
    try {
      groups = await rules();
      put(trouble);
      draw();
      memory.draw();
    } catch (error) {
      if (groups) put(trouble, failure(error, update));
      else put(firing, failure(error, update));
    }
  }

  function draw() {
    const alerts = groups.flatMap(group => group.rules.filter(rule => rule.type === 'alerting')
      .flatMap(rule => (rule.alerts || []).map(alert => ({ ...alert, rule }))));
    const by = state => alerts.filter(alert => alert.state === state)
      .sort((a, b) => rank(a) - rank(b) || Date.parse(a.activeAt) - Date.parse(b.activeAt));
    const [hot, warm] = [by('firing'), by('pending')];
    const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
    put(firing, hot.length ? [h('div.section-head', h('h2', t('alerts.firing')), h('span.count', String(hot.length))), hot.map(card)]
      : h('div.card.quiet-card', pill('ok', t('alerts.none')), h('p.mute', count ? t('alerts.none_why', { count }) : t('alerts.no_rules'))));
    put(pending, warm.length ? [h('div.section-head', h('h2', t('alerts.pending')), h('span.count', String(warm.length))), warm.map(card)] : null);
    drawRules();
  }

  function card(alert) {
    const key = JSON.stringify([alert.labels, alert.rule.query]);
    const name = alert.labels.alertname;
    const summary = annotation(alert.annotations, 'summary') || annotation(alert.annotations, 'description') || name;
    const action = annotation(alert.annotations, 'action');
    const since = Date.parse(alert.activeAt);
    const state = alert.state === 'firing' ? (rank(alert) < 2 ? 'bad' : 'warn') : 'empty';
    const picture = h('div.alert-trace');
    const details = h('details', { open: opened.has(key), ontoggle: () => {
      if (!details.open) opened.delete(key);
      else { opened.add(key); trace(picture, alert); }
    } },
    h('summary', t('alerts.details')),
    h('div.alert-expr', h('code', alert.rule.query), h('a', { href: exploreLink(alert.rule.query) }, t('alerts.explore'))),
    picture,
    annotation(alert.annotations, 'description') ? h('p', prose(annotation(alert.annotations, 'description'))) : null,
    labels(alert.labels));
    return h('article.card.alert', { 'data-state': state },
      h('header', pill(state, alert.labels.severity || t('state.' + alert.state)), h('h3', prose(summary))),
      h('p.mute.alert-line', h('span', name), ' · ', h('time', { datetime: alert.activeAt, title: dateTime(since) },
        t(alert.state === 'firing' ? 'alerts.since' : 'alerts.pending_since', { span: duration(Math.max(1, Math.round((Date.now() - since) / 1000))) })),
      ' · ', t('alerts.value', { value: format(number(alert.value)) }),
      alert.state === 'pending' ? ' · ' + t('alerts.fires_after', { span: duration(alert.rule.duration) }) : ''),
      action ? h('div.action', h('h4', t('alerts.action')), h('p', prose(action))) : null,
      h('div.alert-foot', details, h('button.quiet', { type: 'button', onclick: () => held.silence(alert.labels) }, t('silences.silence')), h('a.runbook', { href: runbook(alert) }, t('alerts.runbook'))));
  }

  function drawRules() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = groups.flatMap(group => group.rules.map(rule => ({ group, rule })))
      .filter(({ group, rule }) => words.every(word => `${group.name} ${rule.name} ${rule.query} ${rule.health}`.toLowerCase().includes(word)));
    if (!rows.length) {
      put(ruleList, h('div.card', empty(words.length ? t('alerts.no_match') : t('alerts.no_rules'), words.length ? null : t('alerts.no_rules_why'))));
      return;
    }
    put(ruleList, h('div.card.flush', table([
      { title: t('alerts.health'), value: ({ rule }) => ['err', 'unknown', 'ok'].indexOf(rule.health), cell: ({ rule }) => healthPill(rule) },
      { title: t('alerts.rule'), text: ({ rule }) => rule.name, cell: ({ rule }) => [h('b', rule.name), rule.type === 'recording' ? h('span.mute', ' ' + t('alerts.recording')) : null,
        rule.lastError ? h('p.rule-error', { title: rule.lastError }, rule.lastError) : null] },
      { title: t('alerts.expression'), text: ({ rule }) => rule.query, cell: ({ rule }) => h('a.mono', { href: exploreLink(rule.query), title: rule.query }, rule.query) },
      { title: t('alerts.for'), numeric: true, value: ({ rule }) => rule.duration ?? -1, cell: ({ rule }) => (rule.duration ? duration(rule.duration) : '') },
      { title: t('alerts.group'), text: ({ group }) => group.name },
      { title: t('alerts.evaluated'), numeric: true, value: ({ rule }) => Date.parse(rule.lastEvaluation) || 0, cell: ({ rule }) => evaluated(rule) },
      { title: t('alerts.took'), numeric: true, value: ({ rule }) => rule.evaluationTime ?? null, cell: ({ rule }) => format(rule.evaluationTime, 'seconds') },
    ], rows, { caption: t('alerts.rules'), order: [0, 'up'], kind: 'rules' })));
  }

  filter.addEventListener('input', later(() => groups && drawRules(), 120));
  held.draw();
  update();
  return { update };
}

const labels = set => h('ul.chips', Object.entries(set).map(([name, value]) => h('li.chip', h('span.mute', name + '='), value)));

function healthPill(rule) {
  const fires = (rule.alerts || []).some(alert => alert.state === 'firing');
  if (rule.health === 'err') return pill('bad', t('alerts.broken'));
  if (rule.health === 'unknown') return pill('empty', t('alerts.not_yet'));
  return fires ? pill('warn', t('state.firing')) : pill('ok', t('state.ok'));
}

function evaluated(rule) {
  const at = Date.parse(rule.lastEvaluation);
  return at > 0 ? ago(at) : t('alerts.not_yet');
}

/** Only pages and http links: an annotation is written by anybody who pushes a rule. */
function runbook(alert) {
  const given = alert.annotations.runbook_url || '';
  return /^(https?:\/\/|\/(?!\/))/.test(given) ? given : '/help#' + encodeURIComponent(alert.labels.alertname);
}
