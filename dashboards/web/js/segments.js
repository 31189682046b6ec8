// Segment by segment: how well each is answered against the rest, with a mark only where the difference is
// more than chance among so many segments, and what has drifted in it.

import { h, put } from './dom.js';
import { format } from './format.js';
import { t } from './lang.js';
import { pill } from './parts.js';
import { amount, isShare, metricName, section } from './quality.js';
import { list } from './said.js';
import { table } from './table.js';

let wished = null; // the figure that was chosen, kept while the page draws itself anew

export function segments(data) {
  const drift = list(data.segments);
  const figures = list(data.quality?.segments);
  if (!drift.length && !figures.length) return null;
  return section(t('models.segments'), '', figures.length ? judged(figures, list(data.quality?.small_segments)) : null, drift.length ? h('div.card.flush', table([
    { title: t('models.segment'), text: one => one.segment },
    { title: t('models.state'), text: one => one.drifted.join(', '), cell: one => (one.drifted.length ? [pill('warn', t('models.drifted')), h('div.mute', one.drifted.join(', '))] : one.looks ? pill('ok', t('models.steady')) : h('span.mute', t('models.no_look'))) },
    { title: t('models.looks'), numeric: true, value: one => one.looks, text: one => String(one.looks) },
    { title: t('models.in_reference'), numeric: true, value: one => one.reference_rows, cell: one => format(one.reference_rows, 'count') },
  ], drift, { caption: t('models.segments') })) : null);
}

/** One figure of all segments; which one is chosen above the table. */
function judged(figures, small) {
  const names = [...new Set(figures.map(one => one.metric))];
  const body = h('div');
  // A difference of shares is in percentage points: "−11 %" would be read as a part of the share.
  const size = (name, value) => (isShare(name) ? t('models.share_points', { value: (100 * value).toFixed(1) }) : amount(name, value));
  const signed = (name, value) => (value > 0 ? '+' : value < 0 ? '−' : '') + size(name, Math.abs(value));
  function draw(name) {
    put(body, table([
      { title: t('models.segment'), text: one => one.segment },
      { title: t('models.labelled_rows'), numeric: true, value: one => one.rows, cell: one => format(one.rows, 'count') },
      { title: metricName(name), numeric: true, value: one => one.value, cell: one => [amount(name, one.value), h('div.mute', `${amount(name, one.low)} – ${amount(name, one.high)}`)] },
      { title: t('models.to_rest'), hint: t('models.to_rest_hint'), numeric: true, value: one => one.difference, cell: one => [signed(name, one.difference), h('div.mute', `${signed(name, one.difference_low)} … ${signed(name, one.difference_high)}`)] },
      { title: t('models.beyond'), hint: t('models.beyond_hint'), value: one => one.adjusted, cell: one => (one.beyond_noise ? pill(one.worse ? 'bad' : 'ok', t(one.worse ? 'models.worse' : 'models.better')) : h('span.mute', t('models.within_noise'))) },
    ], figures.filter(one => one.metric === name), { caption: t('models.by_segment'), order: [2, 'up'] }));
  }
  const chosen = names.includes(wished) ? wished : names[0];
  draw(chosen);
  return h('div.card.flush', names.length > 1 ? h('p.segment-figure', h('label', t('models.figure'), ' ', h('select', { onchange: event => { wished = event.target.value; draw(wished); } },
    names.map(name => h('option', { value: name, selected: name === chosen }, metricName(name)))))) : null, body,
    small.length ? h('p.mute.segment-figure', t('models.small_segments', { names: small.slice(0, 8).map(one => `${one.segment} (${one.rows})`).join(', ') })) : null);
}
