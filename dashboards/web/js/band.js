// The band of a commitment, drawn on one line from zero: how much gets done in most cases, what is
// expected, and what is 80 % sure. Beside it how often such bands held, and what a guess would have done.

import { h, svg } from './dom.js';
import { digits, format, unknown } from './format.js';
import { has, t } from './lang.js';
import { field, list } from './said.js';

const number = value => (Number.isFinite(value) ? digits(value) : unknown);

/** `chance` is that of the amount which is called sure. */
export function bandOf(band, chance) {
  if (!band || !Number.isFinite(band.low) || !Number.isFinite(band.high)) return null;
  const sure = format(Number.isFinite(chance) ? chance : 0.8, 'ratio');
  const unit = has('unit.' + band.unit) ? t('unit.' + band.unit) : String(band.unit ?? '');
  const top = Math.max(band.high, band.expected || 0, band.sure || 0, 1) * 1.15;
  const at = value => (value / top) * 100;
  const mark = (value, word, kind) => (Number.isFinite(value) ? h('span.band-mark', { 'data-kind': kind, style: `left:${at(value).toFixed(1)}%` }, h('b', number(value)), h('span.mute', ' ' + word)) : null);
  const say = t('decisions.band', { low: number(band.low), high: number(band.high), sure: number(band.sure), unit, chance: sure });
  const picture = svg('svg.band', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', height: 20, role: 'img', 'aria-label': say },
    svg('rect.band-ground', { x: 0, y: 4, width: 100, height: 2 }),
    svg('rect.band-range', { x: at(band.low), y: 2, width: Math.max(0.6, at(band.high) - at(band.low)), height: 6 }),
    Number.isFinite(band.expected) ? svg('line.band-expected', { x1: at(band.expected), x2: at(band.expected), y1: 0, y2: 10 }) : null,
    Number.isFinite(band.sure) ? svg('line.band-sure', { x1: at(band.sure), x2: at(band.sure), y1: 0, y2: 10 }) : null);
  return h('figure.band-figure',
    h('div.band-marks', mark(band.sure, t('decisions.sure', { chance: sure }), 'sure')), picture,
    h('div.band-marks', mark(band.expected, t('decisions.expected'), 'expected')),
    h('figcaption.mute', say));
}

/** How right such forecasts were: never left out, also when there is nothing to say yet. */
export function hitsOf(band) {
  if (!band) return null;
  const [rate, count] = [field(band, 'hit_rate', 'hitRate'), field(band, 'hit_count', 'hitCount')];
  const [error, last, mean] = [field(band, 'error'), field(band, 'error_last_window', 'errorLastWindow'), field(band, 'error_plain_mean', 'errorPlainMean')];
  return h('dl.line-fields',
    h('dt', t('decisions.hit')),
    h('dd', rate === null || !count ? t('decisions.hit_none') : t('decisions.hit_value', { held: format(rate, 'ratio'), count, said: format(band.level, 'ratio') })),
    error === null ? null : [h('dt', t('decisions.error')), h('dd', t('decisions.error_value', { error: number(error), last: number(last), mean: number(mean) }))],
    list(band.used).length ? [h('dt', t('iterations.title')), h('dd', list(band.used).join(', '))] : null);
}
