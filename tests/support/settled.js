// When a page of the workbench has come to rest: `Visitor.settle` waits for `settled()`. Runs before the page's own
// scripts.
(() => {
  const SOON = 500; // milliseconds; what is put off for longer is no answer to what the visitor has just done
  const FRAMES = 3; // in a row, in which nothing may change
  const LOOK = 20; // milliseconds between two looks at a busy page

  // What moves is at its end at once: without a graphics card, drawing 60 pictures a second while the server works
  // takes most of a processor.
  const still = new CSSStyleSheet();
  still.replaceSync(`*, ::before, ::after {
    animation-delay: 0s !important; animation-duration: 1ms !important; animation-iteration-count: 1 !important;
    transition-delay: 0s !important; transition-duration: 1ms !important;
  }`);
  document.adoptedStyleSheets = [still];

  const timers = new Set();
  const { setTimeout: start, clearTimeout: stop } = window;
  window.setTimeout = (act, delay = 0, ...given) => {
    const id = start(() => {
      timers.delete(id);
      act(...given);
    }, delay);
    if (delay <= SOON) timers.add(id);
    return id;
  };
  window.clearTimeout = (id) => {
    timers.delete(id);
    stop(id);
  };

  let unanswered = false;
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', () => { unanswered = false; });
    }

    send(message) {
      unanswered = true;
      super.send(message);
    }
  };

  let quiet = 0;
  new MutationObserver(() => { quiet = 0; })
    .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });

  // A picture that comes in later moves what is below it, under a pointer that is about to press. Components have
  // shadow roots of their own; a lazy picture outside the window never comes.
  const loads = (root) => [...root.querySelectorAll('*')].some((one) => (
    one.localName === 'img' ? !one.complete && one.loading !== 'lazy' : one.shadowRoot && loads(one.shadowRoot)
  ));

  // The last takes longer than all others, and is asked only if none of them holds.
  const signs = [
    [() => unanswered, 'the server has not answered'],
    [() => timers.size, 'a script waits for its turn'],
    [() => !document.querySelector('[data-test-script-state="notRunning"]'), "the page's script runs"],
    [() => !document.querySelector('h1'), 'there is no title yet'],
    [() => document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]'), 'something is about to be drawn'],
    [() => loads(document), 'a picture is being loaded'],
  ];
  window.stillBusy = () => signs.filter(([holds]) => holds()).map(([, words]) => words);

  window.settled = () => new Promise((resolve) => {
    quiet = 0;
    const look = () => {
      quiet = signs.some(([holds]) => holds()) ? 0 : quiet + 1;
      if (quiet > FRAMES) resolve(true);
      else if (quiet) requestAnimationFrame(look);
      else start(look, LOOK);
    };
    look();
  });
})();
