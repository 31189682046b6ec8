// The graph behind an alert: the measured side of `expression > number` over the last hour, with the
// threshold dashed. An expression of another form is drawn as it is.

import { ranged } from './api.js';
import { h, put } from './dom.js';
import { format, guessUnit } from './format.js';
import { t } from './lang.js';
import { failure, skeleton } from './parts.js';
import { rowsOf } from './quick.js';
import { sparkline } from './spark.js';

const spanSeconds = 3600;
const stepSeconds = 30;

/** `[measured, threshold]` of a top-level comparison with a number; threshold null without one. */
export function sides(whole) {
  const expr = condition(whole);
  let depth = 0;
  let quote = '';
  for (let i = 0; i < expr.length; i++) {
    const c = expr[i];
    if (quote) {
      if (c === '\\') i += 1;
      else if (c === quote) quote = '';
    } else if (`"'\``.includes(c)) quote = c;
    else if ('([{'.includes(c)) depth += 1;
    else if (')]}'.includes(c)) depth -= 1;
    else if (depth === 0) {
      const found = /^(?:>=|<=|==|!=|>|<)\s*(?:bool\s+)?(-?[\d.]+(?:e[+-]?\d+)?)\s*$/i.exec(expr.slice(i));
      if (found) return [expr.slice(0, i).trim(), Number(found[1])];
    }
  }
  return [expr, null];
}

/** The first condition of several: `(a < 1 and b > 2)` is drawn as `a < 1`. */
function condition(text) {
  let expr = text.trim();
  while (/^\(/.test(expr) && closing(expr) === expr.length - 1) expr = expr.slice(1, -1).trim();
  let depth = 0;
  for (let i = 0; i < expr.length; i++) {
    if ('([{'.includes(expr[i])) depth += 1;
    else if (')]}'.includes(expr[i])) depth -= 1;
    else if (depth === 0 && /^\s(?:and|unless)\s/i.test(expr.slice(i, i + 8))) return condition(expr.slice(0, i));
  }
  return expr;
}

/** Where the bracket that opens the text closes. */
function closing(expr) {
  let depth = 0;
  for (let i = 0; i < expr.length; i++) {
    if ('([{'.includes(expr[i])) depth += 1;
    else if (')]}'.includes(expr[i]) && --depth === 0) return i;
  }
  return -1;
}

export async function trace(place, alert) {
  put(place, skeleton(1));
  const [measured, threshold] = sides(alert.rule.query);
  const end = Math.floor(Date.now() / 1000 / stepSeconds) * stepSeconds;
  const start = end - spanSeconds;
  try {
    const { data } = await ranged(measured, start, end, stepSeconds);
    const matches = data.result.filter(({ metric }) => Object.entries(metric).every(([name, value]) => name === '__name__' || alert.labels[name] === value));
    const series = matches[0] || (data.result.length === 1 ? data.result[0] : null);
    const unit = guessUnit(measured);
    const label = t('alerts.trace', { expr: measured, threshold: threshold === null ? '' : format(threshold, unit) });
    const line = series && sparkline(rowsOf(series, start, end, stepSeconds), { threshold, height: 72, label, min: null });
    put(place, line ? h('figure', line, h('figcaption.mute', t('alerts.trace_caption'), threshold === null ? '' : ' · ' + t('alerts.threshold', { value: format(threshold, unit) })))
      : h('p.mute', t('panel.empty')));
  } catch (error) { put(place, failure(error)); }
}
