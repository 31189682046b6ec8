// What users said of a model's answers, version by version, from feedback that names it; how to send some
// when there is none.

import { h } from './dom.js';
import { ago, dateTime, format } from './format.js';
import { t } from './lang.js';
import { command } from './parts.js';
import { section } from './quality.js';
import { list, millis } from './said.js';
import { table } from './table.js';

export function voices(data) {
  const feedback = data.feedback;
  if (!feedback) return null;
  const all = list(feedback.versions);
  const unnamed = feedback.unnamed ? h('p.mute', t('models.feedback_unnamed', { count: format(feedback.unnamed, 'count'), service: data.service })) : null;
  const example = `curl ${location.origin}/api/martlet/v1/feedback -d '${JSON.stringify({ model: data.model, version: data.version, thumbs: 'up' })}'`;
  if (!all.length) return section(t('models.feedback'), '', h('div.card', h('p.mute', t('models.no_feedback')), command(example), unnamed));
  return section(t('models.feedback'), '', h('div.card.flush', table([
    { title: t('models.version'), text: one => one.version, cell: one => (one.version === data.version ? h('b', one.version) : one.version || h('span.mute', t('models.no_version'))) },
    { title: t('models.feedback_count'), numeric: true, value: one => one.count, cell: one => format(one.count, 'count') },
    { title: t('models.thumbs_up'), numeric: true, value: one => one.up_share, cell: one => (one.up_share === null ? '–' : [format(one.up_share, 'ratio'), h('div.mute', `${format(one.up_low, 'ratio')} – ${format(one.up_high, 'ratio')}`)]) },
    { title: t('models.mean_score'), numeric: true, value: one => one.score, cell: one => (one.score === null ? '–' : [format(one.score, 'ratio'), h('div.mute', t('models.scored', { count: format(one.scored, 'count') }))]) },
    { title: t('models.last_feedback'), value: one => millis(one.last) ?? 0, cell: one => h('time', { title: dateTime(millis(one.last)) }, ago(millis(one.last))) },
  ], all, { caption: t('models.feedback'), order: [4, 'down'] })), unnamed);
}
