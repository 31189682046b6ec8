// Starts the pages: language first, then the frame, then the page that the path names. Each page is
// a module with `open(place, context)` that gives {update, reread, close}; it is fetched when it is
// first shown.

import { home } from './js/api.js';
import { h, put } from './js/dom.js';
import { chosen, firstLanguage, language, speak, t } from './js/lang.js';
import { listen } from './js/keys.js';
import { failure } from './js/parts.js';
import * as chart from './js/chart.js';
import * as range from './js/range.js';
import * as refresh from './js/refresh.js';
import * as route from './js/route.js';
import { onLanguage, shell } from './js/shell.js';

const still = { refreshed: false }; // its words change with the home answer alone
const pages = {
  '/': ['home', {}], '/decisions': ['decisions', {}], '/delivery': ['delivery', {}], '/models': ['models', {}], '/rehearsals': ['rehearsals', {}],
  '/alerts': ['alerts', {}], '/logs': ['logs', { ranged: true }], '/explore': ['explore', { ranged: true }],
  '/graph': ['explore', { ranged: true }], '/dashboards': ['dashboards', {}], '/host': ['host', { ranged: true }], '/servers': ['servers', { ranged: true }],
  '/anomalies': ['anomalies', { ranged: true }],
  '/system': ['system', { ranged: true }], '/help': ['help', still],
};
const ranges = { '/logs': 'now-1h', '/explore': 'now-1h', '/graph': 'now-1h', '/host': 'now-1h', '/servers': 'now-1h', '/anomalies': 'now-1d', '/system': 'now-1h' };
const homeEverySeconds = 15; // the badge and the banner; one answer costs the agent under a millisecond

const place = document.getElementById('app');
let frame = null;
let current = null;
let turn = 0;
let state = null; // the last answer of /home
const homeWatchers = new Set();

async function askHome() {
  if (document.hidden && state) return;
  try {
    state = await home();
  } catch { return; } // the frame says that nobody answers
  frame.home(state);
  for (const watcher of homeWatchers) watcher(state);
}

async function show(path, samePage) {
  if (samePage && current) {
    range.reread();
    current.reread?.();
    return;
  }
  const mine = ++turn;
  const [name, options] = pages[path] || ['lost', still];
  current?.close?.();
  current = null;
  homeWatchers.clear();
  const title = t('nav.' + (pages[path] ? (path === '/graph' ? 'explore' : path.slice(1) || 'home') : 'lost'));
  if (options.ranged) range.open(/^\/(explore|graph)$/.test(path) ? 'g0' : 'plain', { from: ranges[path], to: 'now' });
  frame.page(path, title, options);
  const content = h('div.content', { 'data-page': path.slice(1) || 'home' });
  put(frame.main, content);
  scrollTo(0, 0);
  const context = {
    path, home: () => state, askHome,
    onHome: watcher => { homeWatchers.add(watcher); if (state) watcher(state); },
  };
  try {
    const page = await import(`./js/pages/${name}.js`);
    if (mine !== turn) return;
    current = await page.open(content, context);
    if (mine !== turn) return current?.close?.();
    if (state) frame.home(state);
    refresh.serve(options.refreshed === false || !current.update ? null : () => current?.update(), () => !options.ranged || range.isLive());
  } catch (error) {
    if (mine === turn) put(content, failure(error, () => route.again()));
  }
}

range.watch(() => { current?.ranged ? current.ranged() : current?.update?.(); });

async function begin() {
  const asked = home().catch(() => null);
  chart.expect(asked.then(answer => answer?.charts !== false));
  await speak(firstLanguage());
  frame = shell(place);
  onLanguage(place, () => { frame = shell(place); });
  listen();
  asked.then(async answer => {
    if (!answer) return;
    state = answer;
    if (!chosen() && answer.language && answer.language !== language()) {
      await speak(answer.language);
      place.dispatchEvent(new Event('martlet:language'));
    }
    frame.home(state);
    for (const watcher of homeWatchers) watcher(state);
  });
  route.start(show);
  setInterval(askHome, homeEverySeconds * 1000);
}

begin();
