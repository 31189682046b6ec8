// The pictures behind the figures of quality, the reference in grey and now in colour: ROC and
// precision-recall curves with their areas, calibration, the table of what was taken for what, residuals.

import { h, svg } from './dom.js';
import { format, shortClock, dayText } from './format.js';
import { t } from './lang.js';
import { list } from './said.js';

const [width, height, left, top, foot] = [260, 224, 40, 8, 36];
const x = share => left + share * (width - left - 8);
const y = share => top + (1 - share) * (height - top - foot);
const two = value => (value === null || value === undefined ? '–' : value.toFixed(3));

/** All pictures that the labels allow; null when there are none. */
export function curves(shapes) {
  const now = shapes?.current;
  const then = shapes?.reference;
  const one = now || then;
  if (!one) return null;
  const span = now ? t('models.curves_rows', { count: format(now.rows, 'count'), from: moment(shapes.from), through: moment(shapes.through) }) : t('models.curves_reference_only');
  const pictures = [
    one.roc ? curve('roc', then, now, 'models.axis.false_positives', 'models.axis.true_positives', 'M0 0L1 1') : null,
    one.pr ? curve('pr', then, now, 'models.metric.recall', 'models.metric.precision', `M0 ${one.positive_share}L1 ${one.positive_share}`) : null,
    list(one.calibration).length ? calibration(then, now) : null,
    one.residuals ? residuals(then, now) : null,
    one.confusion ? confusion(then, now) : null,
  ];
  return h('div.card.curves', h('p.mute', span, ' ', then ? h('span.key-then', t('models.in_reference')) : null, ' ', now ? h('span.key-now', t('models.now')) : null),
    h('div.curve-list', pictures));
}

const moment = seconds => `${dayText(seconds * 1000)} ${shortClock(seconds * 1000)}`;

/** A picture with its two axes from 0 to 1; `diagonal` is what guessing would give. */
function frame(title, across, up, diagonal, facts, ...content) {
  const word = (text, at, high, anchor, more = {}) => svg('text', { x: at, y: high, 'text-anchor': anchor, ...more }, text);
  const guess = diagonal && diagonal.replace(/([ML])([\d.]+) ([\d.]+)/g, (whole, kind, a, b) => `${kind}${x(a)} ${y(b)}`);
  return h('figure.curve', h('figcaption', h('b', title), facts ? h('span.mute', facts) : null),
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}: ${facts}` },
      [0, 0.5, 1].map(at => [svg('path.grid', { d: `M${x(0)} ${y(at)}H${x(1)}M${x(at)} ${y(0)}V${y(1)}` }),
        word(String(at), x(0) - 6, y(at) + 4, 'end'), word(String(at), x(at), y(0) + 14, at === 1 ? 'end' : 'middle')]),
      word(across, x(0.5), height - 4, 'middle'), word(up, 11, y(0.5), 'middle', { transform: `rotate(-90 11 ${y(0.5)})` }),
      guess ? svg('path.guessing', { d: guess }) : null, content));
}

const against = (then, now) => [then !== undefined ? two(then) : null, now !== undefined ? two(now) : null].filter(one => one !== null).join(' → ');

function curve(key, then, now, across, up, diagonal) {
  const line = (given, kind) => (given?.[key] ? svg('path.' + kind, { d: given[key].x.map((at, i) => `${i ? 'L' : 'M'}${x(at).toFixed(1)} ${y(given[key].y[i]).toFixed(1)}`).join('') }) : null);
  return frame(t('models.curve.' + key), t(across), t(up), diagonal, t('models.area', { value: against(then?.[key]?.area, now?.[key]?.area) }), line(then, 'then'), line(now, 'now'));
}

function calibration(then, now) {
  const most = Math.max(1, ...[then, now].flatMap(one => list(one?.calibration).map(bin => bin[2] / one.rows)));
  const line = (given, kind) => {
    const bins = list(given?.calibration);
    return [svg('path.' + kind, { d: bins.map(([score, share], i) => `${i ? 'L' : 'M'}${x(score).toFixed(1)} ${y(share).toFixed(1)}`).join('') }),
      bins.map(([score, share, count]) => svg('circle.' + kind, { cx: x(score).toFixed(1), cy: y(share).toFixed(1), r: (2 + 5 * Math.sqrt(count / given.rows / most)).toFixed(1) },
        svg('title', {}, t('models.calibration_bin', { count, score: format(score, 'ratio'), share: format(share, 'ratio') }))))];
  };
  return frame(t('models.curve.calibration'), t('models.axis.score'), t('models.axis.came_true'), 'M0 0L1 1', `ECE ${against(then?.ece, now?.ece)}`, then ? line(then, 'then') : null, now ? line(now, 'now') : null);
}

/** Predicted less true values: bars of then and now in the same bins, with a line at zero. */
function residuals(then, now) {
  const { low, high } = (now || then).residuals;
  const peak = Math.max(...[then, now].flatMap(one => list(one?.residuals?.shares)));
  const at = value => x((value - low) / (high - low || 1));
  const word = (text, place, anchor) => svg('text', { x: place, y: y(0) + 14, 'text-anchor': anchor }, text);
  const bars = (one, kind, shift) => {
    const shares = list(one?.residuals?.shares);
    const wide = (x(1) - x(0)) / (shares.length || 1);
    return shares.map((share, i) => svg('rect.' + kind, { x: (x(0) + (i + shift) * wide).toFixed(1), width: (wide / 2 - 0.4).toFixed(1), y: y(share / peak).toFixed(1), height: (y(0) - y(share / peak)).toFixed(1) },
      svg('title', {}, `${format(low + i * (high - low) / shares.length)} – ${format(low + (i + 1) * (high - low) / shares.length)}: ${format(share, 'ratio')}`)));
  };
  const facts = t('models.residual_mean', { value: [then, now].filter(Boolean).map(one => format(one.residuals.mean)).join(' → ') });
  return h('figure.curve', h('figcaption', h('b', t('models.curve.residuals')), h('span.mute', facts)),
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${t('models.curve.residuals')}: ${facts}` },
      bars(then, 'then', 0), bars(now, 'now', 0.5), svg('path.axis', { d: `M${x(0)} ${y(0)}H${x(1)}` }),
      low < 0 && high > 0 ? svg('path.guessing', { d: `M${at(0)} ${y(0)}V${y(1)}` }) : null,
      word(format(low), x(0), 'start'), word(format(high), x(1), 'end'), low < 0 && high > 0 ? word('0', at(0), 'middle') : null,
      svg('text', { x: x(0.5), y: height - 4, 'text-anchor': 'middle' }, t('models.axis.residual'))));
}

/** A heat table: a row a true class, shaded by its shares; below each share that of the reference. */
function confusion(then, now) {
  const { names, counts } = (now || then).confusion;
  const share = (given, i, j) => {
    const [row, column] = [given?.confusion.names.indexOf(names[i]), given?.confusion.names.indexOf(names[j])];
    const cells = given?.confusion.counts[row];
    const sum = list(cells).reduce((a, b) => a + b, 0);
    return sum && column >= 0 ? cells[column] / sum : null;
  };
  const main = now || then;
  return h('figure.curve.confusion', h('figcaption', h('b', t('models.curve.confusion')), h('span.mute', t('models.confusion_note'))),
    h('div.table-wrap', h('table', h('thead', h('tr', h('th'), names.map(name => h('th', { scope: 'col' }, t('models.said', { name }))))),
      h('tbody', names.map((name, i) => h('tr', h('th', { scope: 'row' }, t('models.was', { name })), counts[i].map((count, j) => {
        const own = share(main, i, j);
        const old = now && then ? share(then, i, j) : null;
        return h(i === j ? 'td.right' : 'td', { style: `--heat:${Math.round(70 * (own || 0))}%`, title: format(count, 'count') },
          format(own, 'ratio'), old === null ? null : h('div.was', format(old, 'ratio')));
      })))))));
}
