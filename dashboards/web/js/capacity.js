// Capacity on the Decisions page: what may run out, in how many days, between which days with a chance of
// 80 %, and how often such intervals held before. The early end decides how it looks.

import { get } from './api.js';
import { h, put } from './dom.js';
import { format } from './format.js';
import { t } from './lang.js';
import { exploreLink, pill } from './parts.js';

const soon = 3;
const near = 14;

/** Draws into a section; nothing is drawn where nothing is watched. */
export async function capacity(section) {
  let rows;
  try { rows = await get('/api/martlet/v1/capacity'); } catch { return; }
  put(section, rows.length ? [h('div.section-head', h('h2', t('capacity.title'))), rows.map(card)] : null);
}

function card(watch) {
  const readings = [...watch.readings].sort((a, b) => early(a) - early(b)).slice(0, 8);
  return h('article.card.decision', { 'data-name': 'capacity' },
    h('header', h('h2', t('capacity.question'), h('span.mute', ' · ' + watch.name))),
    watch.error ? h('p', pill('bad', t('capacity.broken')), ' ', watch.error) : null,
    !watch.error && !readings.length ? h('p', pill('empty', t('capacity.no_data'))) : null,
    readings.map(reading => h('p.verdict', { 'data-state': look(reading) }, h('span.dot', { 'aria-hidden': 'true' }), verdict(reading, watch))),
    h('p.mute', h('a', { href: exploreLink(watch.expr) }, watch.expr), ' · ', t('capacity.limit', { limit: format(watch.limit) })));
}

const early = reading => reading.days_early ?? Infinity;
const look = reading => (early(reading) < soon ? 'bad' : early(reading) < near ? 'warn' : 'ok');

function verdict(reading, watch) {
  const name = Object.entries(reading.labels).map(([key, value]) => `${key}=${value}`).join(' ');
  const horizon = watch.horizon_seconds / 86400;
  const days = number => (number === null || number > horizon ? t('capacity.beyond', { days: format(horizon) }) : t('capacity.days', { days: format(number) }));
  const held = reading.of ? t('capacity.held', { hits: reading.hits, of: reading.of }) : t('capacity.untested');
  return [name ? h('code', name) : null, ' ', days(reading.days), ' ', h('span.mute', t('capacity.between', { early: days(reading.days_early), late: days(reading.days_late) }), ' · ', held)];
}
