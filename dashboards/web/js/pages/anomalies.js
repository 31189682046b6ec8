// Anomalies: what the embedded models find in the series of each service, what moved, and since when;
// "what else changed?" over a span; and the team's own training runs.

import { get } from '../api.js';
import { h, put } from '../dom.js';
import { ago, dateTime, digits, duration, format, unknown } from '../format.js';
import { expected } from '../expected.js';
import { phrase, t } from '../lang.js';
import { command, empty, exploreLink, failure, pill, skeleton } from '../parts.js';
import { missingLibrary } from '../panel.js';
import * as range from '../range.js';
import { query, setQuery } from '../route.js';
import { table } from '../table.js';
import { trainingRuns } from '../training.js';

const api = '/api/martlet/v1/';
const figure = (value, count) => (Number.isFinite(value) ? digits(value, count) : unknown);

export async function open(place, context) {
  const [library, services, findings, picture, changes, series, groups, runs] = Array.from({ length: 8 }, () => h('section.anomaly-part'));
  runs.id = 'training';
  put(place, library, services, findings, picture, changes, series, groups, runs);
  put(services, skeleton(4));
  missingLibrary(library);
  let chart = null;
  let shown = '';
  let rows = [];

  async function update() {
    const service = query().get('service') || '';
    const { from, to } = span();
    try {
      const [state, found, curves] = await Promise.all([
        get(api + 'anomalies', { service }),
        get(api + 'findings', { kind: 'anomaly', start: from, end: to }),
        get(api + 'training'),
      ]);
      rows = state.series;
      drawServices(state, service);
      drawFindings(found.filter(one => !service || one.labels.service === service));
      drawSeries(state);
      drawGroups(state.groups);
      put(runs, title('training.title', 'training.what'), trainingRuns(curves, context.home()?.address || location.origin));
      await drawPicture();
    } catch (error) {
      put(services, failure(error, update));
    }
  }

  const span = () => {
    const [from, to] = range.ends();
    return { from: from / 1000, to: to / 1000 };
  };

  function drawServices(state, service) {
    if (!state.isWatching || !state.count) {
      put(services, h('section.card', empty(t('anomalies.none'), t(state.isWatching ? 'anomalies.none_why' : 'anomalies.off'),
        command(`curl -sf -d '[{"name":"chat_latency_seconds","labels":{"service":"chat"},"value":1.2}]' ${context.home()?.address || location.origin}/api/martlet/v1/kpis`))));
      return;
    }
    put(services, title('anomalies.services', 'anomalies.services_what'), h('section.card.flush', table([
      { title: t('anomalies.service'), text: row => row.service, cell: row => h('button.quiet', { type: 'button', 'aria-pressed': String(row.service === service), onclick: () => choose(row.service === service ? '' : row.service) }, row.service) },
      { title: t('anomalies.state'), value: row => row.since ?? 0, cell: row => (row.since ? pill('warn', t('anomalies.since', { count: row.parts, ago: ago(row.since * 1000) })) : row.ready ? pill('ok', t('anomalies.usual')) : pill('empty', t('anomalies.not_yet'))) },
      { title: t('anomalies.watched'), numeric: true, value: row => row.series, cell: row => figure(row.series) },
      { title: t('anomalies.ready'), numeric: true, value: row => row.ready, cell: row => figure(row.ready) },
      { title: t('anomalies.unusual'), numeric: true, value: row => row.unusual, cell: row => figure(row.unusual) },
    ], state.services, { order: [1, 'down'], caption: t('anomalies.services') }),
    state.learning ? h('p.mute', t('anomalies.learning', { count: state.learning })) : null,
    state.refused ? h('p.mute', t('anomalies.refused', { count: state.refused })) : null));
  }

  function choose(service) {
    setQuery({ service: service || null, series: null }, true);
    update();
  }

  function drawFindings(found) {
    put(findings, title('anomalies.findings', 'anomalies.findings_what'), found.length ? found.slice(0, 20).map(one => h('article.card.finding', { 'data-state': one.end === null ? 'warn' : null },
      h('header', pill(one.end === null ? 'warn' : 'empty', one.end === null ? t('anomalies.open') : t('anomalies.over')), h('h3', phrase(one.summary)),
        h('time.mute', `${dateTime(one.start * 1000)} – ${one.end === null ? '' : dateTime(one.end * 1000)}`)),
      h('ul.finding-parts', one.evidence.map(part => h('li', phrase(local(part))))),
      h('p', h('button.quiet', { type: 'button', onclick: () => askChanges(one.labels.service, one.start, one.end ?? Date.now() / 1000) }, t('anomalies.changes_ask'))))) : h('section.card', empty(t('anomalies.quiet'), t('anomalies.quiet_why'))));
  }

  async function askChanges(service, from, to) {
    put(changes, title('anomalies.changes', 'anomalies.changes_what'), skeleton(4));
    changes.scrollIntoView({ block: 'nearest' });
    try {
      const end = Math.max(to, from + 300);
      const answer = await get(api + 'anomalies/changes', { service, start: from, end });
      put(changes, title('anomalies.changes', 'anomalies.changes_what'), h('section.card' + (answer.changes.length ? '.flush' : ''),
        h('p.mute', t('anomalies.changes_span', { service: service || t('anomalies.all'), from: dateTime(from * 1000), to: dateTime(end * 1000), compared: answer.compared, seen: answer.seen })),
        answer.changes.length ? changeTable(answer) : empty(t('anomalies.changes_none'), t('anomalies.changes_none_why'))));
    } catch (error) {
      put(changes, failure(error, () => askChanges(service, from, to)));
    }
  }

  const changeTable = answer => table([
    { title: t('table.series'), text: row => row.name, cell: row => h('a', { href: exploreLink(row.name) }, row.name) },
    { title: t('anomalies.before'), numeric: true, value: row => row.before, cell: row => figure(row.before) },
    { title: t('anomalies.during'), numeric: true, value: row => row.during, cell: row => figure(row.during) },
    { title: t('anomalies.distance'), hint: t('anomalies.distance_hint'), numeric: true, value: row => row.distance, cell: row => format(row.distance, 'ratio') },
    { title: t('anomalies.moved'), numeric: true, value: row => row.moved ?? Infinity, cell: row => (row.moved === null ? unknown : '+' + duration(row.moved - answer.start)) },
  ], answer.changes, { caption: t('anomalies.changes') });

  function drawChangesButton() {
    if (changes.firstChild) return;
    put(changes, title('anomalies.changes', 'anomalies.changes_what'), h('section.card', h('p', t('anomalies.changes_choose')),
      h('button.quiet', { type: 'button', onclick: () => { const { from, to } = span(); askChanges(query().get('service') || '', from + (to - from) * 0.8, to); } }, t('anomalies.changes_last'))));
  }

  async function drawPicture() {
    drawChangesButton();
    const row = rows.find(one => one.name === query().get('series')) || rows.find(one => one.isReady);
    if (!row) return put(picture);
    if (shown !== row.name) {
      chart?.end();
      chart = expected(row);
      shown = row.name;
      put(picture, title('anomalies.picture', 'anomalies.picture_what'), h('section.card', chart.element));
    }
    await chart.update();
  }

  function drawSeries(state) {
    if (!rows.length) return put(series);
    put(series, title('anomalies.series', 'anomalies.series_what'), h('section.card.flush', table([
      { title: t('table.series'), text: row => row.name, cell: row => h('button.quiet.series-name', { type: 'button', onclick: () => { setQuery({ series: row.name }); drawPicture(); picture.scrollIntoView({ block: 'nearest' }); } }, row.name) },
      { title: t('anomalies.surprise'), hint: t('anomalies.surprise_hint'), numeric: true, value: row => row.surprise ?? -1, cell: row => (row.isReady ? figure(row.surprise, 4) : unknown) },
      { title: t('anomalies.value'), numeric: true, value: row => row.value, cell: row => figure(row.value) },
      { title: t('anomalies.band'), text: row => (row.isReady ? t('anomalies.between', { low: figure(row.low), high: figure(row.high) }) : unknown) },
      { title: t('anomalies.reason'), text: row => phrase(row.reason) },
    ], rows, { caption: t('anomalies.series'), order: [1, 'down'], rowsMax: 40 }),
    state.count > rows.length ? h('p.mute', t('table.more', { shown: rows.length, count: state.count })) : null));
  }

  function drawGroups(all) {
    if (!all.length) return put(groups);
    put(groups, title('anomalies.groups', 'anomalies.groups_what'), h('section.card.flush', table([
      { title: t('anomalies.service'), text: row => row.service },
      { title: t('anomalies.columns'), numeric: true, value: row => row.columns, cell: row => figure(row.columns) },
      { title: t('anomalies.axes'), numeric: true, value: row => row.axes, cell: row => figure(row.axes) },
      { title: t('anomalies.axes_score'), numeric: true, value: row => row.score ?? -1, cell: row => figure(row.score, 4) },
      { title: t('anomalies.network_score'), numeric: true, value: row => row.network ?? -1, cell: row => figure(row.network, 4) },
      { title: t('anomalies.leading'), text: row => (row.score > 0.98 ? row.leading.join(', ') : '') },
      { title: t('anomalies.trained'), value: row => row.trained, cell: row => ago(row.trained * 1000) },
    ], all, { caption: t('anomalies.groups') })));
  }

  await update();
  return { update, ranged: update, reread: update, close: () => chart?.end() };
}

/** A sentence's times as the page writes times. */
const local = said => ({ ...said, args: Object.fromEntries(Object.entries(said.args || {}).map(([name, text]) => [name, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? dateTime(Date.parse(text)) : text])) });

const title = (key, what) => h('header.section-head', h('h2', t(key)), h('span.mute', t(what)));
