// Line charts: the only file that knows dygraphs, which the agent serves from Debian's
// libjs-dygraphs at /lib. All charts of a page share cursor and range. When the library is missing
// `ready()` is false and panels show their tables. No animation, no box over the data: values at
// the cursor belong to the panel's head.

import { css } from './color.js';
import { format, shortClock, clock, dayText } from './format.js';
import * as range from './range.js';
import * as refresh from './refresh.js';

const all = new Set();
let expected = Promise.resolve(true);
let library = null;

/** Says whether the agent has the library at all, so that a missing file is not asked for. */
export function expect(promise) { expected = promise; }

/** Loads dygraphs once; false when the agent has none. */
export function ready() {
  library ||= expected.then(has => has && new Promise(resolve => {
    const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/lib/dygraph.min.css' });
    const script = Object.assign(document.createElement('script'), { src: '/lib/dygraph.min.js' });
    script.onload = () => resolve(typeof Dygraph === 'function');
    script.onerror = () => resolve(false);
    document.head.append(style, script);
  }));
  return library;
}

const firstOfDay = date => date.getHours() + date.getMinutes() + date.getSeconds() === 0;
function tickText(date, granularity) {
  if (firstOfDay(date)) return dayText(date);
  return granularity < Dygraph.MINUTELY ? clock(date) : shortClock(date);
}

/** dygraphs' own gestures, but double-click goes back and one finger scrolls the page. */
function gestures() {
  const stock = Dygraph.defaultInteractionModel;
  const twoFingers = name => (event, g, context) => {
    if (event.touches.length > 1 || context.isZooming || context.isPanning) stock[name](event, g, context);
  };
  return {
    ...stock, dblclick: () => range.back(),
    touchstart: twoFingers('touchstart'), touchmove: twoFingers('touchmove'),
  };
}

function looks() {
  return { gridLineColor: css('grid'), axisLineColor: css('axis') };
}

/** Pixels for the longest label of a unit: `1.95 GiB/s` needs more than `100 %`. */
const labelWidth = unit => ({ ratio: 44, percent: 44, bytes: 56, bytes_per_second: 66 })[unit] || 52;

function seriesOptions(spec) {
  const series = {};
  spec.labels.slice(1).forEach((label, i) => {
    const style = spec.styles[i];
    series[label] = { color: css('c' + style.slot), strokePattern: style.dash };
  });
  return series;
}

/**
 * Draws `spec` = {labels, styles, rows, unit, stacked, range, thresholds, max, onPoint, visible}
 * into `element`; rows are [millis, value or null, …], with `band` [millis, [low, value, high], …].
 * `ribbon` = [[from, to, strength 0…1], …] is drawn along the upper edge. Gives {data, theme, end}.
 */
export function make(element, spec) {
  const plot = document.createElement('div');
  plot.className = 'plot-area';
  const cursor = document.createElement('div');
  cursor.className = 'plot-cursor';
  element.replaceChildren(plot, cursor);
  let own = false; // true while our own update redraws, so that it is not taken for a hand's
  const options = () => ({
    labels: spec.labels, series: seriesOptions(spec), stackedGraph: Boolean(spec.stacked),
    customBars: Boolean(spec.band), dateWindow: spec.range, valueRange: spec.max ? [0, spec.max] : undefined,
    visibility: spec.visible || spec.labels.slice(1).map(() => true), ...looks(),
  });
  const chart = new Dygraph(plot, spec.rows, {
    ...options(),
    strokeWidth: 1.5, fillAlpha: spec.stacked ? 0.35 : 0.12, fillGraph: Boolean(spec.filled), legend: 'never',
    includeZero: !spec.free, animatedZooms: false, highlightCircleSize: 2.5, rightGap: 8, xRangePad: 0,
    interactionModel: gestures(), stackedGraphNaNFill: 'none', gridLineWidth: 1, axisLineWidth: 1,
    axes: {
      x: { drawGrid: false, ticker: Dygraph.dateTicker, axisLabelFormatter: tickText, pixelsPerLabel: 76 },
      y: { axisLabelFormatter: value => format(value, spec.unit), axisLabelWidth: labelWidth(spec.unit), pixelsPerLabel: 34, labelsKMG2: /^bytes/.test(spec.unit) },
    },
    underlayCallback: (ctx, area, g) => { if (spec.thresholds) drawThresholds(ctx, area, g, spec.thresholds); if (spec.ribbon) drawRibbon(ctx, area, g, spec.ribbon); },
    highlightCallback: (event, x) => point(x),
    unhighlightCallback: () => point(null),
    drawCallback: (g, first) => { if (!first && !own) moved(g.xAxisRange()); },
  });
  const entry = {
    range(next) {
      own = true;
      chart.updateOptions({ dateWindow: next });
      own = false;
    },
    point(millis) {
      const row = millis === null ? -1 : rowAt(spec.rows, millis);
      if (row < 0) {
        chart.clearSelection();
        cursor.hidden = true;
      } else {
        chart.setSelection(row);
        cursor.hidden = false;
        cursor.style.left = chart.toDomXCoord(spec.rows[row][0]) + 'px';
      }
      spec.onPoint?.(row < 0 ? null : spec.rows[row]);
    },
    data(next) {
      Object.assign(spec, next);
      own = true;
      chart.updateOptions({ file: spec.rows, ...options() });
      own = false;
      pointed = null; // rows have moved under the cursor; the next movement shows it again
      cursor.hidden = true;
    },
    theme() { entry.data({}); },
    end() {
      all.delete(entry);
      point(null); // a chart that goes under the hand fires no leave
      refresh.hold(false);
      watchSize.disconnect();
      plot.removeEventListener('mouseenter', holdOn);
      plot.removeEventListener('mouseleave', holdOff);
      chart.destroy();
    },
  };
  const holdOn = () => refresh.hold(true);
  const holdOff = () => refresh.hold(false);
  plot.addEventListener('mouseenter', holdOn);
  plot.addEventListener('mouseleave', holdOff);
  let width = plot.clientWidth;
  const watchSize = new ResizeObserver(() => {
    if (plot.clientWidth === width || !plot.clientWidth) return;
    width = plot.clientWidth;
    own = true;
    chart.resize();
    own = false;
  });
  watchSize.observe(plot);
  cursor.hidden = true;
  all.add(entry);
  return entry;
}

function drawThresholds(ctx, area, g, thresholds) {
  ctx.save();
  ctx.strokeStyle = css('thr');
  ctx.setLineDash([5, 4]);
  for (const value of thresholds) {
    const y = Math.round(g.toDomYCoord(value)) + 0.5;
    if (y < area.y || y > area.y + area.h) continue;
    ctx.beginPath();
    ctx.moveTo(area.x, y);
    ctx.lineTo(area.x + area.w, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** How unusual each moment was: four pixels along the upper edge, the stronger the more. */
function drawRibbon(ctx, area, g, ribbon) {
  ctx.save();
  ctx.fillStyle = css('event');
  for (const [from, to, strength] of ribbon) {
    const left = Math.max(area.x, g.toDomXCoord(from));
    const right = Math.min(area.x + area.w, g.toDomXCoord(to));
    if (right <= left) continue;
    ctx.globalAlpha = Math.min(1, Math.max(0.15, strength));
    ctx.fillRect(left, area.y, Math.max(1, right - left), 4);
  }
  ctx.restore();
}

/** The row nearest to a time; -1 when the chart has none within two steps of it. */
function rowAt(rows, millis) {
  if (!rows.length) return -1;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] < millis) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && millis - rows[low - 1][0] < rows[low][0] - millis) low -= 1;
  const step = rows.length > 1 ? rows[1][0] - rows[0][0] : Infinity;
  return Math.abs(rows[low][0] - millis) <= 2 * step ? low : -1;
}

let pointed = null;
function point(millis) {
  if (millis === pointed) return;
  pointed = millis;
  for (const entry of all) entry.point(millis);
}

let settled = 0;
/** A hand zoomed or panned one chart: the others follow at once, the page's range when it rests. */
function moved(next) {
  for (const entry of all) entry.range(next);
  clearTimeout(settled);
  settled = setTimeout(() => range.set({ from: Math.round(next[0]), to: Math.round(next[1]) }), 250);
}

addEventListener('martlet:theme', () => { for (const entry of all) entry.theme(); });
