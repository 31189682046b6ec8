// Models: every version with its verdict in one line, connected servers, and how to begin when there is
// none; below, what is unusual in the series of each service. With `?model=` in the URL it is the page of
// one version.

import { get } from '../api.js';
import { h, put } from '../dom.js';
import { ago, dateTime, format } from '../format.js';
import { t } from '../lang.js';
import { command, failure, notice, pill, skeleton } from '../parts.js';
import { go, query } from '../route.js';
import { list, millis, said } from '../said.js';
import { table } from '../table.js';
import { drawModel } from './model.js';

export const modelLink = (model, version) => '/models?' + new URLSearchParams({ model, ...(version ? { version } : {}) });

export function open(place, context) {
  const trouble = h('div');
  const body = h('div.model-page', skeleton(6));
  const unusual = h('section');
  put(place, trouble, body, unusual);
  let shown = null;
  const wanted = () => ({ model: query().get('model') || '', version: query().get('version') || '' });

  async function update() {
    const asked = wanted();
    try {
      const data = await get('/api/martlet/v1/models', asked);
      put(trouble);
      drawAnomalies(asked.model && (data.service || asked.model));
      const text = JSON.stringify([asked, data]);
      if (text === shown) return;
      shown = text;
      if (asked.model) drawModel(body, data, version => go(modelLink(asked.model, version)));
      else drawList(data);
    } catch (error) {
      put(shown === null ? body : trouble, failure(error, update),
        asked.model ? h('p', h('a', { href: '/models' }, t('models.all'))) : null);
    }
  }

  function drawList(data) {
    const models = list(data?.models);
    const servers = list(data?.servers);
    if (!models.length && !servers.length) return drawEmpty();
    put(body,
      models.length ? h('div.card.flush', table([
        { title: t('models.model'), text: one => `${one.model} ${one.version}`, cell: one => [h('a', { href: modelLink(one.model, one.version) }, one.model), h('span.mute', ' ' + one.version), one.fields?.stage ? h('span.chip', one.fields.stage) : null] },
        { title: t('models.verdict'), text: one => said(one.verdict), cell: one => [pill(one.state, t('state.' + one.state)), h('div', said(one.verdict))] },
        { title: t('models.answers'), numeric: true, value: one => one.answers, cell: one => format(one.answers, 'count') },
        { title: t('models.last'), value: one => millis(one.last) ?? 0, cell: one => (one.last ? h('time', { title: dateTime(millis(one.last)) }, ago(millis(one.last))) : '–') },
      ], models, { caption: t('nav.models'), order: [0, 'up'], kind: 'models' })) : null,
      servers.length ? [h('div.section-head', h('h2', t('models.servers')), h('a', { href: '/servers' }, t('nav.dashboards'))), h('div.card.flush', table([
        { title: t('models.model'), text: one => one.model, cell: one => h('a', { href: '/servers?' + new URLSearchParams({ model: one.model }) }, one.model) },
        { title: t('models.server'), text: one => one.title, cell: one => (one.kind ? [one.title, h('div.mute', one.metrics)] : [pill('warn', t('models.server_lost')), h('div.mute', one.fault || one.url)]) },
        { title: t('models.requests'), numeric: true, value: one => one.signals.requests_per_second ?? null, cell: one => format(one.signals.requests_per_second, 'per_second') },
        { title: t('models.latency'), numeric: true, value: one => one.signals.latency_p95_seconds ?? one.signals.latency_mean_seconds ?? null, cell: one => format(one.signals.latency_p95_seconds ?? one.signals.latency_mean_seconds, 'seconds') },
        { title: t('models.tokens_out'), numeric: true, value: one => one.signals.tokens_out_per_second ?? null, cell: one => format(one.signals.tokens_out_per_second, 'per_second') },
        { title: t('models.errors'), numeric: true, value: one => one.signals.errors_per_second ?? null, cell: one => format(one.signals.errors_per_second, 'per_second') },
      ], servers, { caption: t('models.servers') }))] : null,
      models.length ? null : notice('ok', h('span', t('models.servers_only')), command(example())));
  }

  /** The part Anomalies: the standing of each service, or of a model's. */
  async function drawAnomalies(service) {
    const state = await get('/api/martlet/v1/anomalies', { limit: 1 }).catch(() => null);
    const services = list(state?.services).filter(one => !service || one.service === service);
    if (!state || (service && !services.length)) return put(unusual);
    put(unusual, h('div.section-head', h('h2', h('a', { href: '/anomalies' }, t('nav.anomalies'))), h('span.mute', t('anomalies.services_what'))),
      h('div.card', services.length ? h('ul', services.map(one => h('li',
        pill(one.since ? 'warn' : one.ready ? 'ok' : 'empty', one.since ? t('anomalies.since', { count: one.parts, ago: ago(one.since * 1000) }) : t(one.ready ? 'anomalies.usual' : 'anomalies.not_yet')), ' ',
        h('a', { href: '/anomalies?' + new URLSearchParams({ service: one.service }) }, one.service),
        h('span.mute', ' ' + t('models.watched', { count: one.series })))))
        : h('p.mute', t(state.isWatching ? 'anomalies.none' : 'anomalies.off'))));
  }

  const address = () => context.home()?.address || location.origin;
  const example = () => `curl ${address()}/api/martlet/v1/predictions -d '{"model":"chat","version":"1","id":"a1","features":{"length":42},"output":"yes"}'`;

  function drawEmpty() {
    put(body, h('section.card.soon',
      h('h2', t('models.empty')), h('p.soon-what', t('soon.models.what')),
      h('h3', t('models.begin_answers')), command(example()),
      h('h3', t('models.begin_server')), command('martlet connect model chat http://127.0.0.1:8000'),
      h('h3', t('models.begin_files')), command('martlet drift --reference before.csv --current now.csv')));
  }

  update();
  return { update, reread: () => { shown = null; put(body, skeleton(6)); update(); } };
}
