// Help: keys, how to write a time or a search, and a runbook for every alert, at `#AlertName`, made
// of what the rule itself says.

import { rules } from '../api.js';
import { h, put } from '../dom.js';
import { duration } from '../format.js';
import { keyList } from '../keys.js';
import { annotation, t } from '../lang.js';
import { empty, exploreLink, failure, pill, prose, skeleton } from '../parts.js';

const times = ['6h', 'now-6h to now-1h', 'today', 'yesterday', '昨天', '最近 6 小时', '2026-10-18', '2026-10-18 09:00 to 12:00'];
const searches = [['timeout', 'help.search_word'], ['timeout upstream', 'help.search_and'], ['"connection refused"', 'help.search_phrase'], ['error -healthcheck', 'help.search_not'], ['time*', 'help.search_prefix'], ['超时', 'help.search_han']];

export function open(place) {
  const books = h('div', skeleton(4));
  put(place,
    h('section.card.help', h('h2', t('keys.title')), h('div.sheet-columns', keyList())),
    h('div.two',
      h('section.card.help', h('h2', t('help.times')), h('p', t('help.times_text')), h('ul.expr-list', times.map(one => h('li', h('code', one))))),
      h('section.card.help', h('h2', t('help.searches')), h('dl.line-fields', searches.map(([text, word]) => [h('dt', h('code', text)), h('dd', t(word))])))),
    h('section', h('div.section-head', h('h2', t('help.runbooks'))), h('p.mute', t('help.runbooks_text')), books));

  async function update() {
    try {
      const groups = await rules();
      const alerting = groups.flatMap(group => group.rules.filter(rule => rule.type === 'alerting').map(rule => ({ ...rule, group: group.name })));
      const byName = new Map();
      for (const rule of alerting) byName.set(rule.name, [...(byName.get(rule.name) || []), rule]);
      put(books, byName.size ? [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, list]) => book(name, list))
        : h('div.card', empty(t('alerts.no_rules'), t('alerts.no_rules_why'))));
      jump();
    } catch (error) { put(books, failure(error, update)); }
  }

  function jump() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.scrollIntoView({ block: 'start' });
    target.focus({ preventScroll: true });
  }

  update();
  return { update, reread: jump };
}

function book(name, list) {
  const anchor = h('article.card.runbook-card', { tabindex: -1 }, h('h3', h('a', { href: '#' + encodeURIComponent(name) }, name)));
  anchor.id = name;
  for (const rule of list) {
    const text = which => template(annotation(rule.annotations, which));
    const fires = (rule.alerts || []).filter(alert => alert.state === 'firing').length;
    anchor.append(h('div.runbook-rule',
      h('p', h('b', prose(text('summary'))), fires ? [' ', pill('bad', t('state.firing'))] : null),
      text('description') ? h('p', prose(text('description'))) : null,
      text('action') ? h('div.action', h('h4', t('alerts.action')), h('p', prose(text('action')))) : null,
      h('dl.line-fields', h('dt', t('alerts.expression')), h('dd', h('a.mono', { href: exploreLink(rule.query) }, rule.query)),
        rule.duration ? [h('dt', t('alerts.for')), h('dd', duration(rule.duration))] : null,
        h('dt', t('alerts.group')), h('dd', rule.group))));
  }
  return anchor;
}

/** `{{ $labels.instance }}` of an annotation, as the reader of a runbook sees it: ‹instance›. */
function template(text) {
  return text.replace(/\{\{-?\s*(.*?)\s*-?\}\}/g, (whole, inside) => {
    const label = /\$labels\.(\w+)|\.Labels\.(\w+)/.exec(inside);
    if (label) return `‹${label[1] || label[2]}›`;
    return /\$value|\.Value/.test(inside) ? `‹${t('table.value').toLowerCase()}›` : '';
  });
}
