// Paths to pages. The agent answers index.html for each of them; a click on a link inside changes
// the page without loading, Back and Forward work, everything seen is in the URL.

let show = () => {};
let shownPath = null;

export const path = () => location.pathname.replace(/\/+$/, '') || '/';
export const query = () => new URLSearchParams(location.search);

export function start(mount) {
  show = mount;
  addEventListener('popstate', () => arrive());
  addEventListener('click', event => {
    const link = event.target.closest?.('a[href]');
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
    if (/^\/(api|metrics|federate|hooks|lib|-)(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
  arrive();
}

export function go(href) {
  if (href !== location.pathname + location.search + location.hash) history.pushState(null, '', href);
  arrive();
}

function arrive() {
  const samePage = path() === shownPath;
  shownPath = path();
  show(shownPath, samePage);
}

/** Shows the page again, as after a change of language. */
export function again() { shownPath = null; arrive(); }

/** Changes parameters of the URL: null removes; `push` makes it a step of the Back button. */
export function setQuery(changes, push = false) {
  const search = query();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') search.delete(name);
    else search.set(name, value);
  }
  const text = search.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  const url = location.pathname + (text ? '?' + text : '') + location.hash;
  if (url === location.pathname + location.search + location.hash) return;
  history[push ? 'pushState' : 'replaceState'](null, '', url);
}
