// The server knows a tab again when its page is loaded again, by a mark that nobody can guess: it stands in the tab's own
// storage, and is told with each connection, in a cookie that belongs to whichever tab connects at that moment.
if (!window.nnTab) {
  window.nnTab = (() => {
    try {
      const kept = sessionStorage.getItem('nnTab');
      if (/^[0-9a-f]{32}$/.test(kept)) return kept;
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      const made = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      sessionStorage.setItem('nnTab', made);
      return made;
    } catch { // storage may be forbidden
      return 'none';
    }
  })();
  const { WebSocket } = window;
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      document.cookie = `nnet_tab=${window.nnTab}; Path=/; SameSite=Strict`;
      super(...given);
    }
  };
}
