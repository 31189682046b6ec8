// A tile of the home page: what it is, its state, a sentence, a few facts, and when it is empty the
// command that fills it. What the agent does not know is not there, and is never shown as zero.

import { h } from './dom.js';
import { format } from './format.js';
import { icon } from './icons.js';
import { has, phrase, t } from './lang.js';
import { command, pill } from './parts.js';

const pages = { host: '/host' };

export function facts(list) {
  const known = list.filter(fact => fact.value !== null && fact.value !== undefined);
  return known.length ? h('dl.facts', known.map(fact => h('div',
    h('dt', has('fact.' + fact.key) ? t('fact.' + fact.key) : fact.key.split('.').pop().replaceAll('_', ' ')),
    h('dd', typeof fact.value === 'number' ? format(fact.value, fact.unit) : String(fact.value))))) : null;
}

/** `extra` is drawn below the facts: the host's sparkline. */
export function tile(data, extra = null) {
  const key = 'nav.' + data.id;
  const headline = data.headline ? phrase(data.headline) : t('state.' + data.state);
  return h('article.card.tile', { 'data-id': data.id, 'data-state': data.state },
    h('header', h('a.tile-name', { href: pages[data.id] || '/' + data.id }, icon(data.id === 'host' ? 'dashboards' : data.id), h('span', has(key) ? t(key) : data.id)),
      pill(data.state, t('state.' + data.state))),
    h('p.tile-headline', headline),
    facts(data.facts || []), extra,
    data.state === 'empty' && data.command ? command(data.command) : null);
}
