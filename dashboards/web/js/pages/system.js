// System: how the agent itself is. Store, targets with their errors, limits and how often they bit,
// the biggest metrics, and its own numbers as charts.

import { get, instant, status } from '../api.js';
import { h, put } from '../dom.js';
import { ago, dateTime, duration, format, guessUnit } from '../format.js';
import { has, t } from '../lang.js';
import { empty, exploreLink, failure, pill, skeleton } from '../parts.js';
import { missingLibrary, panel } from '../panel.js';
import { table } from '../table.js';

const storeUnits = { series: 'count', samples: 'count', oldest: 'timestamp' };
const charts = [
  { title: 'system.cpu', unit: 'ratio', queries: [{ expr: 'rate(process_cpu_seconds_total{job="martlet"}[$rate])', legend: '{{instance}}' }] },
  { title: 'system.memory', unit: 'bytes', queries: [{ expr: 'process_resident_memory_bytes{job="martlet"}', legend: '{{instance}}' }] },
];
const ownRowsMax = 60; // a screen or two; the filter finds the rest

export function open(place) {
  const library = h('div');
  const parts = {};
  const section = (name, ...tools) => {
    parts[name] = h('div', skeleton(3));
    return h('section', h('div.section-head', h('h2', t('system.' + name)), tools), parts[name]);
  };
  const filter = h('input.filter', { type: 'search', 'data-search': '', placeholder: t('system.filter'), 'aria-label': t('system.filter'), oninput: () => drawOwn() });
  const fill = (expr, step) => expr.replaceAll('$rate', `${Math.max(60, 4 * (step || 0))}s`);
  const panels = charts.map(spec => panel({ ...spec, title: t(spec.title), empty: t('system.no_own') }, fill));
  put(place, library, section('store'), section('targets'), h('div.panels', panels.map(one => one.element)),
    h('div.two', section('limits'), section('biggest')), section('own', filter));
  missingLibrary(library);
  let own = null;

  /** Each part fails alone: its own words, its own last good data. */
  async function draw(name, work) {
    try {
      await work();
      delete parts[name].dataset.state;
    } catch (error) {
      if (parts[name].querySelector('.skeleton, .notice')) put(parts[name], failure(error, update));
      else parts[name].dataset.state = 'stale';
    }
  }

  async function drawStatus() {
    const data = await status();
    const known = Object.entries(data.store || {}).filter(([, value]) => value !== null && value !== undefined);
    put(parts.store, h('div.card', h('dl.facts.wide',
      h('div', h('dt', t('system.version')), h('dd', data.version)),
      data.uptime ? h('div', h('dt', t('system.uptime')), h('dd', duration(Math.round(data.uptime)))) : null,
      known.map(([name, value]) => h('div', h('dt', word('system.store_', name)), h('dd', name === 'oldest' ? oldest(value) : format(value, storeUnits[name] || 'bytes')))))));
    drawLimits(data.limits || []);
  }

  function drawLimits(limits) {
    put(parts.limits, limits.length ? h('div.card.flush', table([
      { title: t('system.limit'), text: row => row.name, cell: row => h('span.mono', row.name) },
      { title: t('table.value'), numeric: true, value: row => row.value, cell: row => format(row.value, /bytes/i.test(row.name) ? 'bytes' : 'count') },
      { title: t('system.refused'), numeric: true, value: row => row.refused ?? 0, cell: row => (row.refused ? h('b', { 'data-state': 'warn' }, format(row.refused, 'count')) : h('span.mute', row.refused === 0 ? '0' : '')) },
    ], limits, { caption: t('system.limits'), order: [2, 'down'] })) : h('div.card', empty(t('system.no_limits'))));
  }

  async function drawTargets() {
    const data = await get('/api/v1/targets', { state: 'active' });
    const targets = data.activeTargets || [];
    put(parts.targets, targets.length ? h('div.card.flush', table([
      { title: t('system.health'), value: row => ['down', 'unknown', 'up'].indexOf(row.health), cell: row => pill(row.health === 'up' ? 'ok' : row.health === 'down' ? 'bad' : 'empty', t('health.' + row.health)) },
      { title: t('system.job'), text: row => row.scrapePool || row.labels.job || '' },
      { title: t('system.target'), text: row => row.scrapeUrl, cell: row => [h('span.mono', row.scrapeUrl), row.lastError ? h('p.rule-error', { title: row.lastError }, row.lastError) : null] },
      { title: t('system.scraped'), numeric: true, value: row => Date.parse(row.lastScrape) || 0, cell: row => (Date.parse(row.lastScrape) > 0 ? ago(Date.parse(row.lastScrape)) : t('alerts.not_yet')) },
      { title: t('alerts.took'), numeric: true, value: row => row.lastScrapeDuration ?? null, cell: row => format(row.lastScrapeDuration, 'seconds') },
    ], targets, { caption: t('system.targets'), order: [0, 'up'], kind: 'targets' })) : h('div.card', empty(t('system.no_targets'), t('system.no_targets_why'))));
  }

  async function drawBiggest() {
    const data = await get('/api/v1/status/tsdb');
    const rows = (data.seriesCountByMetricName || []).slice(0, 10);
    put(parts.biggest, rows.length ? h('div.card.flush', table([
      { title: t('table.metric'), text: row => row.name, cell: row => h('a.mono', { href: exploreLink(row.name) }, row.name) },
      { title: t('system.series'), numeric: true, value: row => row.value, cell: row => format(row.value, 'count') },
    ], rows, { caption: t('system.biggest') })) : h('div.card', empty(t('panel.empty'))));
  }

  async function askOwn() {
    own = (await instant('{job="martlet"}')).data.result;
    drawOwn();
  }

  function drawOwn() {
    if (!own) return;
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = own.map(one => ({ name: one.metric.__name__, labels: Object.entries(one.metric).filter(([name]) => !/^(__name__|job|instance|le)$/.test(name)).map(([name, value]) => `${name}=${value}`).join(' '), le: one.metric.le, value: Number(one.value?.[1]) }))
      .filter(row => !row.le && wanted.every(word => `${row.name} ${row.labels}`.toLowerCase().includes(word)));
    put(parts.own, rows.length ? h('div.card.flush', table([
      { title: t('table.metric'), text: row => row.name, cell: row => h('a.mono', { href: exploreLink(/_total$/.test(row.name) ? `rate(${row.name}[5m])` : row.name) }, row.name) },
      { title: t('system.labels'), text: row => row.labels, cell: row => h('span.mono.mute', row.labels) },
      { title: t('table.value'), numeric: true, value: row => row.value, cell: row => format(row.value, /time_seconds$/.test(row.name) ? 'timestamp' : guessUnit(row.name)) },
    ], rows, { caption: t('system.own'), order: [0, 'up'], rowsMax: ownRowsMax })) : h('div.card', empty(t('panel.empty'), t('system.no_own'))));
  }

  const update = () => {
    draw('store', drawStatus);
    draw('targets', drawTargets);
    draw('biggest', drawBiggest);
    draw('own', askOwn);
    for (const one of panels) one.update();
  };
  update();
  return { update, ranged: () => panels.forEach(one => one.update()), close: () => panels.forEach(one => one.end()) };
}

const word = (prefix, name) => (has(prefix + name) ? t(prefix + name) : name.replace(/([A-Z])/g, ' $1').toLowerCase());

/** `oldest` may come in seconds or milliseconds; either way it is a date. */
function oldest(value) {
  const millis = value > 1e11 ? value : value * 1000;
  return h('span', { title: dateTime(millis) }, ago(millis));
}
