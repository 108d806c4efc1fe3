// Files are lost that are on their way to the server when their page is left, since the uploader is gone that waits for
// them, and photos that were sent to Train when it is loaded again before they have a folder. The browser asks before a
// reload under way; the rest is said. Other uploads outlive a reload (`visits.over_reload`).
if (!window.nnSending) {
  const sending = window.nnSending = new Set();
  const { open, send } = XMLHttpRequest.prototype;
  const uploads = new WeakSet();
  const KEY = 'nnUploads'; // in the tab's own storage: that photos were uploaded and have no folder yet
  const OF_DATA = /Train$/; // the page where they can be
  const storage = (act) => { try { return act(sessionStorage); } catch { return null; } }; // it may be forbidden
  const tell = (words) => {
    const told = document.createElement('div');
    told.className = 'nn-lost';
    told.role = 'alert';
    told.textContent = words;
    document.body.append(told);
    addEventListener('pointerdown', () => told.remove(), { capture: true, once: true });
  };
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    if (method.toUpperCase() === 'PUT' && String(url).includes('/_stcore/upload_file/')) uploads.add(this);
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (body) {
    if (uploads.has(this)) {
      sending.add(this);
      const isData = OF_DATA.test(location.pathname);
      if (isData) document.body.classList.add('nn-sending');
      this.addEventListener('load', () => storage((kept) => isData && kept.setItem(KEY, 'yes')));
      this.addEventListener('loadend', () => sending.delete(this));
    }
    return send.call(this, body);
  };
  addEventListener('beforeunload', (event) => { if (sending.size) event.preventDefault(); });
  const left = () => {
    if (!sending.size) return;
    sending.clear();
    tell(window.nnWords.lost);
  };
  addEventListener('popstate', left);
  const { pushState, replaceState } = history;
  const led = (url) => {
    const to = new URL(url ?? location.href, location.href);
    if (to.searchParams.has('upload')) { // they have a folder
      storage((kept) => kept.removeItem(KEY));
      document.body.classList.remove('nn-sending');
    }
    return to.pathname;
  };
  history.pushState = (state, title, url) => {
    if (led(url) !== location.pathname) left();
    pushState.call(history, state, title, url);
  };
  history.replaceState = (state, title, url) => { // which back.js calls
    led(url);
    replaceState.call(history, state, title, url);
  };
  if (storage((kept) => kept.getItem(KEY))) {
    storage((kept) => kept.removeItem(KEY));
    const isKept = new URLSearchParams(location.search).has('upload');
    if (!isKept) addEventListener('DOMContentLoaded', () => tell(window.nnWords.gone));
  }
}
