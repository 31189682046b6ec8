// Training runs: what was learnt against what was held back, a picture and a verdict each.

import { h, svg } from './dom.js';
import { digits } from './format.js';
import { phrase, t } from './lang.js';
import { command, empty, pill } from './parts.js';

const states = { improving: 'ok', plateau: 'ok', too_short: 'empty', overfitting: 'warn', diverging: 'bad' };

/** The section of all runs; `address` is the agent's, for the command that brings the first. */
export function trainingRuns(runs, address) {
  if (!runs.length) {
    return empty(t('training.none'), t('training.none_why'),
      command(`curl -sf --data-binary @trainer_log.jsonl '${address}/api/martlet/v1/uploads/training?model=chat&run=1'`));
  }
  return h('div.runs', runs.map(run => h('article.card.run',
    h('header', h('h3', run.name || t('training.unnamed')), h('span.mute', run.metric), pill(states[run.state] || 'empty', t('training.state.' + run.state))),
    picture(run),
    h('p.run-key', h('span', { 'data-split': 'training' }, t('training.learnt')), run.validation.length ? h('span', { 'data-split': 'validation' }, t('training.held')) : null),
    h('p', phrase(run.reason)),
    run.best === null ? null : h('p.mute', t('training.best', { value: digits(run.best), step: digits(run.bestStep) })))));
}

function picture(run) {
  const all = [...run.training, ...run.validation];
  if (all.length < 2) return null;
  const [width, height] = [320, 96];
  const xs = all.map(([step]) => step);
  const ys = all.map(([, value]) => value);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const x = step => ((step - left) / (right - left || 1)) * width;
  const y = value => height - 3 - ((value - low) / (high - low || 1)) * (height - 6);
  const line = points => points.map(([step, value], i) => `${i ? 'L' : 'M'}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  const say = t('training.say', { name: run.name, state: t('training.state.' + run.state), low: digits(low), high: digits(high) });
  return svg('svg.run-picture', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', height, role: 'img', 'aria-label': say },
    run.since === null ? null : svg('line.run-since', { x1: x(run.since), x2: x(run.since), y1: 0, y2: height }),
    svg('path.run-line', { d: line(run.training), 'data-split': 'training' }),
    svg('path.run-line', { d: line(run.validation), 'data-split': 'validation' }));
}
