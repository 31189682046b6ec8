// What stands around every page: the list of pages, the header, the line of progress, the notices
// that concern all pages (nobody answers; everything is simulated), theme and language.

import { watchNetwork } from './api.js';
import { h, put } from './dom.js';
import { icon, mark } from './icons.js';
import { kept, keep } from './keep.js';
import { choose, language, speak, t } from './lang.js';
import { places, sheet } from './keys.js';
import { segments, notice } from './parts.js';
import { rangePicker, refreshControl } from './picker.js';
import * as refresh from './refresh.js';
import { again } from './route.js';

const order = ['home', 'decisions', 'delivery', 'models', 'rehearsals', 'alerts', 'logs', 'explore', 'dashboards', 'system'];

export function shell(place) {
  const nav = h('nav', { 'aria-label': t('nav.pages') });
  const title = h('h1', { tabindex: -1 });
  const tools = h('div.head-tools');
  const progress = h('div.progress', { 'aria-hidden': 'true' });
  const banner = h('div.banner-simulated', { role: 'note', hidden: true }, h('b', t('simulated.word')), ' ', t('simulated.text'));
  const away = h('div.away');
  const main = h('main#main', { tabindex: -1 });
  const menu = h('button.step.menu-button', { type: 'button', 'aria-label': t('nav.pages'), 'aria-expanded': 'false', onclick: () => openMenu() }, icon('menu'));
  const side = h('aside.side', h('a.brand', { href: '/' }, mark(), h('span', 'Martlet')), nav, h('div.side-foot',
    segments(t('theme.title'), [['light', icon('sun'), t('theme.light')], ['dark', icon('moon'), t('theme.dark')], ['system', icon('system_theme'), t('theme.system')]],
      kept('theme', 'system'), wish => { keep('theme', wish); dispatchEvent(new Event('martlet:repaint')); }),
    segments(t('language.title'), [['en', 'En', 'English'], ['zh', '中', '中文']], language(),
      async name => { choose(name); await speak(name); place.dispatchEvent(new Event('martlet:language')); }),
    h('a.side-help', { href: '/help' }, icon('help'), h('span', t('nav.help'))),
    h('button.side-help', { type: 'button', onclick: sheet }, h('kbd', '?'), h('span', t('keys.title')))));
  put(place, h('a.skip', { href: '#main', onclick: event => { event.preventDefault(); main.focus(); } }, t('nav.skip')),
    side, h('div.page', banner, h('header.head', menu, title, tools, progress), away, main));

  function openMenu(open = !side.hasAttribute('data-open')) {
    side.toggleAttribute('data-open', open);
    menu.setAttribute('aria-expanded', String(open));
  }
  side.addEventListener('click', event => { if (event.target.closest('a')) openMenu(false); });
  main.addEventListener('pointerdown', () => openMenu(false));

  let firing = 0;
  let path = '/';
  let name = '';
  function drawNav() {
    put(nav, order.map(page => {
      const [letter, href] = places.find(one => one[2] === page);
      const here = href === path || (page === 'dashboards' && /^\/(host|servers)$/.test(path)) || (page === 'models' && path === '/anomalies');
      return h('a', { href, 'aria-current': here ? 'page' : null, title: `${t('nav.' + page)} (g ${letter})` }, icon(page), h('span', t('nav.' + page)),
        page === 'alerts' && firing ? h('b.badge', { 'aria-label': t('nav.firing', { count: firing }) }, String(firing)) : null);
    }));
    document.title = `${firing ? `(${firing}) ` : ''}${name ? name + ' · ' : ''}Martlet`;
  }

  let picker = null;
  const control = refreshControl();
  refresh.watch(() => control.draw());

  let slow = 0;
  watchNetwork(({ underWay, online }) => {
    clearTimeout(slow);
    if (underWay) slow = setTimeout(() => { progress.dataset.on = ''; }, 300); // shorter waits need no sign
    else delete progress.dataset.on;
    if (online) put(away);
    else if (!away.firstChild) put(away, notice('bad', h('span', t('error.offline')), h('code', location.origin)));
  });

  return {
    main,
    /** Shows which page it is, and whether it has a time range and a refresh. */
    page(pagePath, pageName, { ranged = false, refreshed = true } = {}) {
      path = pagePath;
      name = pageName;
      picker?.end();
      picker = ranged ? rangePicker() : null;
      put(title, pageName);
      put(tools, picker?.element, refreshed ? control.element : null);
      drawNav();
    },
    home(data) {
      firing = data.firing || 0;
      banner.hidden = !data.simulated;
      drawNav();
    },
  };
}

/** Builds the shell anew after a change of language. */
export function onLanguage(place, rebuild) {
  place.addEventListener('martlet:language', () => { rebuild(); again(); });
}
